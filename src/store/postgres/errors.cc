// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/errors.h"

#include <algorithm>
#include <array>

#include <soci/postgresql/soci-postgresql.h>

namespace clamor::store {
namespace {

using Then = Fault::Then;

/// By the beginning of an SQLSTATE (PostgreSQL's manual, appendix A); the first that fits counts.
struct Meaning {
    std::string_view state;
    std::errc code;
    Then then = Then::keep;
};

constexpr std::errc kUnavailable = std::errc::resource_unavailable_try_again;

constexpr std::array kMeanings{
    Meaning{"08", kUnavailable, Then::drop},     // connection lost
    Meaning{"57P", kUnavailable, Then::drop},    // the server stops, starts or has crashed
    Meaning{"25006", kUnavailable, Then::drop},  // it has become a standby
    Meaning{"53300", kUnavailable, Then::drop},  // too many connections
    Meaning{"26000", kUnavailable, Then::drop},  // a prepared statement is gone: a pooler's doing
    Meaning{"40001", kUnavailable, Then::again},
    Meaning{"40P01", kUnavailable, Then::again},  // deadlock
    Meaning{"0A000", kUnavailable, Then::again},  // a plan that another node's migration outdated
    Meaning{"55P03", std::errc::device_or_resource_busy},
    Meaning{"57014", std::errc::timed_out},  // the statement's time was over
    Meaning{"23505", std::errc::file_exists},
    Meaning{"23503", std::errc::no_such_file_or_directory},  // what it refers to
    Meaning{"23", std::errc::invalid_argument},
    Meaning{"22", std::errc::invalid_argument},
    Meaning{"28", std::errc::permission_denied},
    Meaning{"42501", std::errc::permission_denied},
    Meaning{"42", std::errc::not_supported},  // the schema is not as we know it
    Meaning{"53100", std::errc::no_space_on_device},
    Meaning{"53", std::errc::not_enough_memory},
};

struct Advice {
    std::string_view words;
    std::errc code;
    std::string_view advice;
};

/// The wording is libpq's and the server's; under another language only the advice is missing.
constexpr std::array kAdvice{
    Advice{"password authentication failed", std::errc::permission_denied,
           "user or password are wrong"},
    Advice{"no password supplied", std::errc::permission_denied,
           "the server wants a password: in the URL, or in a password file that PGPASSFILE names"},
    Advice{"no pg_hba.conf entry", std::errc::permission_denied,
           "the server's pg_hba.conf does not let this user in from this machine"},
    Advice{"CONNECT privilege", std::errc::permission_denied,
           "the user may not connect to this database: `GRANT CONNECT ON DATABASE` by its owner"},
    Advice{"role \"", std::errc::permission_denied, "the user does not exist there"},
    Advice{"database \"", std::errc::no_such_file_or_directory,
           "the database does not exist there: `createdb` makes one"},
    Advice{"could not translate host name", kUnavailable, "the host's name cannot be resolved"},
    Advice{"Connection refused", kUnavailable,
           "nothing listens there: does PostgreSQL run, are host and port right?"},
    Advice{"No such file or directory", kUnavailable,
           "nothing listens there: does PostgreSQL run, is the socket's folder right?"},
    Advice{"does not support SSL", std::errc::protocol_not_supported,
           "the server has no TLS: sslmode=disable goes without"},
    Advice{"certificate verify failed", std::errc::permission_denied,
           "the server's certificate is not trusted: sslrootcert names the one that signed it"},
    Advice{"too many clients", kUnavailable,
           "the server's max_connections is used up; catalog.connections says how many each node "
           "takes"},
    Advice{"remaining connection slots", kUnavailable,
           "the server's max_connections is used up; catalog.connections says how many each node "
           "takes"},
    Advice{"timeout expired", kUnavailable, "the host does not answer"},
};

}  // namespace

Fault classify_postgres(const soci::soci_error& error) {
    const auto* ours = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    if (ours == nullptr) return {std::make_error_code(std::errc::io_error)};
    const std::string state = ours->sqlstate();
    for (const Meaning& meaning : kMeanings) {
        if (state.starts_with(meaning.state))
            return {std::make_error_code(meaning.code), meaning.then};
    }
    // libpq itself has none: the connection broke while something was asked.
    if (state.find_first_not_of(" ") == std::string::npos)
        return {std::make_error_code(kUnavailable), Then::drop};
    return {std::make_error_code(std::errc::io_error)};
}

Error connect_error(std::string_view words) {
    constexpr std::string_view kSociSays = "Cannot establish connection to the database.\n";
    if (words.starts_with(kSociSays)) words.remove_prefix(kSociSays.size());
    std::string text(words.substr(0, words.find_last_not_of("\n\t ") + 1));
    // Several lines, one for each address that was tried.
    for (auto at = text.find_first_of("\n\t"); at != std::string::npos;
         at = text.find_first_of("\n\t", at))
        text.replace(at, 1, " ");
    for (const Advice& advice : kAdvice) {
        if (text.find(advice.words) != std::string::npos) {
            return {std::make_error_code(advice.code), fmt::format("{} ({})", advice.advice, text)};
        }
    }
    return {std::make_error_code(kUnavailable), text};
}

}  // namespace clamor::store
