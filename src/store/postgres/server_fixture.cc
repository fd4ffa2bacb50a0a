// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/server_fixture.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/postgres/catalog.h"
#include "store/sqlite/catalog.h"

namespace clamor::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Debian keeps the server's programs out of the PATH.
fs::path program(const char* name) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        if (fs::exists(version.path() / "bin" / name))
            found.push_back(version.path() / "bin" / name);
    }
    if (found.empty())
        throw std::runtime_error(
            "PostgreSQL's server is missing; script/bootstrap --test installs it");
    return *std::ranges::max_element(found);
}

/// Who the server runs as, where that is not us.
const passwd* other_user() {
    if (geteuid() != 0) return nullptr;
    const passwd* user = getpwnam("postgres");
    return user != nullptr ? user : getpwnam("nobody");
}

pid_t spawn(const fs::path& path, std::vector<std::string> arguments, const fs::path& log) {
    const passwd* user = other_user();
    const uid_t uid = user != nullptr ? user->pw_uid : 0;
    const gid_t gid = user != nullptr ? user->pw_gid : 0;
    std::string name = path.string();
    std::vector<char*> argv{name.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const pid_t child = fork();
    if (child != 0) {
        ::close(out);
        return child;
    }
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (uid != 0 && (setgroups(0, nullptr) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
        _exit(126);
    // It ends with us, however we end.
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    execv(name.c_str(), argv.data());
    _exit(127);
}

/// Each connection has a process of its own.
void signal_children(pid_t server, int number) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string id = entry.path().filename();
        if (id.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::string stat;
        std::getline(file, stat);
        // PID (NAME) STATE PARENT ...
        const auto name_end = stat.rfind(") ");
        if (name_end == std::string::npos) continue;
        if (std::atoi(stat.c_str() + name_end + 4) == server) kill(std::stoi(id), number);
    }
}

void must(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what);
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const unsigned char c : text)
        out += std::isalnum(c) ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
    return out;
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() {
    std::string name = testing::TempDir() + "clamor-pg-XXXXXX";
    must(mkdtemp(name.data()) != nullptr, "cannot make " + name);
    folder_ = name;
    if (const passwd* user = other_user())
        must(::chown(name.c_str(), user->pw_uid, user->pw_gid) == 0,
             "cannot give " + name + " away");
    const pid_t maker = spawn(
        program("initdb"),
        {"-D", name + "/data", "-U", "root", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N"},
        folder_ / "initdb.log");
    int status = 0;
    must(waitpid(maker, &status, 0) == maker && status == 0,
         "initdb failed; see " + name + "/initdb.log");
    std::FILE* hba = std::fopen((folder_ / "data/pg_hba.conf").c_str(), "w");
    must(hba != nullptr, "pg_hba.conf cannot be written");
    fmt::print(hba, "local all root trust\nlocal all all scram-sha-256\n");
    std::fclose(hba);
    start();
    run("postgres", fmt::format("CREATE ROLE {} LOGIN PASSWORD 'it''s: a/s@cret'", kUser));
}

PostgresServer::~PostgresServer() {
    if (server_ > 0) stop(Shutdown::immediate);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void PostgresServer::start() {
    server_ = spawn(program("postgres"),
                    {"-D", (folder_ / "data").string(), "-k", folder_.string(), "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60", "-c",
                     "shared_buffers=16MB", "-c", "autovacuum=off"},
                    folder_ / "server.log");
    const std::string where = superuser("postgres");
    for (int i = 0; i < 3000; ++i) {
        if (PQping(where.c_str()) == PQPING_OK) return;
        must(waitpid(server_, nullptr, WNOHANG) == 0,
             "the server ended; see " + (folder_ / "server.log").string());
        std::this_thread::sleep_for(10ms);
    }
    throw std::runtime_error("the server does not take connections; see " +
                             (folder_ / "server.log").string());
}

void PostgresServer::stop(Shutdown how) {
    kill(server_, how == Shutdown::fast ? SIGINT : SIGQUIT);
    waitpid(server_, nullptr, 0);
    server_ = -1;
}

void PostgresServer::freeze() {
    kill(server_, SIGSTOP);
    signal_children(server_, SIGSTOP);
}

void PostgresServer::thaw() {
    signal_children(server_, SIGCONT);
    kill(server_, SIGCONT);
}

std::string PostgresServer::superuser(const std::string& database) const {
    return fmt::format("postgresql://root@/{}?host={}", database,
                       percent_encoded(folder_.string()));
}

std::string PostgresServer::url(const std::string& database) const {
    return url(database, kUser, percent_encoded(kPassword));
}

std::string PostgresServer::url(const std::string& database, const std::string& user,
                                const std::string& encoded_password) const {
    return fmt::format("postgresql://{}:{}@/{}?host={}", user, encoded_password, database,
                       percent_encoded(folder_.string()));
}

std::string PostgresServer::run(const std::string& database, const std::string& statement) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb(superuser(database).c_str()), &PQfinish);
    must(PQstatus(connection.get()) == CONNECTION_OK, PQerrorMessage(connection.get()));
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection.get(), statement.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    must(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, PQerrorMessage(connection.get()));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : std::string();
}

std::string PostgresServer::make_database(const std::string& like) {
    std::string name = fmt::format("d{}", ++databases_);
    run("postgres", fmt::format("CREATE DATABASE {} TEMPLATE {} OWNER {}", name, like, kUser));
    return name;
}

void PostgresServer::drop_database(const std::string& name) {
    run("postgres", fmt::format("DROP DATABASE {} WITH (FORCE)", name));
}

PostgresDatabase::PostgresDatabase() {
    PostgresServer& server = PostgresServer::shared();
    static const std::string like = [&server] {
        std::string made = server.make_database();
        const auto opened = open_postgres_catalog(
            {.url = server.url(made), .connections = 1, .clock = &system_time});
        must(opened.has_value(), opened ? "" : opened.error().to_string());
        return made;
    }();
    // A connection of the one that is copied may take a moment to end.
    server.run(
        "postgres",
        fmt::format(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'",
            like));
    name_ = server.make_database(like);
}

PostgresDatabase::~PostgresDatabase() {
    PostgresServer::shared().drop_database(name_);
}

}  // namespace clamor::store
