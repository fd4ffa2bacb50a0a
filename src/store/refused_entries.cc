// SPDX-License-Identifier: Apache-2.0
#include "store/refused_entries.h"

#include <cerrno>
#include <chrono>
#include <variant>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "chat/event.h"

namespace clamor::store {

namespace {

/// Halves what the log refuses until it is known which ones it is; `first` is the index of the
/// first.
Result<void> append_parts(MessageLog& log, std::span<const StoredMessage> messages,
                          std::size_t first, std::vector<std::size_t>& refused) {
    auto appended = log.append(messages);
    if (appended || appended.error().code != std::errc::file_exists) return appended;
    if (messages.size() == 1) {
        refused.push_back(first);
        return {};
    }
    const std::size_t half = messages.size() / 2;
    if (auto done = append_parts(log, messages.first(half), first, refused); !done) return done;
    return append_parts(log, messages.subspan(half), first + half, refused);
}

std::string_view name_of(EntryKind kind) {
    switch (kind) {
        case EntryKind::message:
            return "message";
        case EntryKind::user_notice:
            return "user_notice";
        case EntryKind::moderation:
            break;
    }
    return "moderation";
}

std::string text_of(const StoredMessage& message) {
    const auto event = chat::decode_event(message.event);
    if (!event) return {};
    const chat::Message* const said = chat::said_in(*event);
    return said != nullptr ? said->text : std::string();
}

std::string to_line(const StoredMessage& message) {
    std::string event;
    for (const char byte : message.event)
        fmt::format_to(std::back_inserter(event), "{:02x}", static_cast<unsigned char>(byte));
    const nlohmann::ordered_json line{
        {"channel", message.channel.value},
        {"epoch", message.position.epoch},
        {"sequence", message.position.sequence},
        {"id", message.id.to_string()},
        {"kind", name_of(message.kind)},
        {"author", message.author.value},
        {"sent_at_ms",
         std::chrono::duration_cast<std::chrono::milliseconds>(message.sent_at.time_since_epoch())
             .count()},
        {"text", text_of(message)},
        {"event", event}};
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<std::vector<std::size_t>> RefusedEntries::append_others(
    MessageLog& log, std::span<const StoredMessage> messages) {
    std::vector<std::size_t> refused;
    if (auto done = append_parts(log, messages, 0, refused); !done)
        return tl::unexpected(done.error());
    return refused;
}

void RefusedEntries::set_aside(const StoredMessage& message) {
    count_.add();
    const auto written = write(to_line(message));
    log::error("another entry has the place of this one in the message log; it is set aside",
               {{"channel", message.channel.value},
                {"epoch", message.position.epoch},
                {"sequence", message.position.sequence},
                {"id", message.id.to_string()},
                {"file", path_},
                {"kept", written ? std::string("yes") : written.error().to_string()}});
}

Result<void> RefusedEntries::write(const std::string& line) const {
    if (path_.empty()) return fail(std::errc::no_such_file_or_directory, "there is no such file");
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return fail_errno("opening " + path_);
    Result<void> written;
    struct stat about {};
    if (::fstat(file, &about) != 0) {
        written = fail_errno("asking for the size of " + path_);
    } else if (static_cast<std::size_t>(about.st_size) + line.size() > limits::kRefusedLogBytes) {
        written = fail(std::errc::file_too_large, path_ + " is at its bound: move it away");
    } else if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
               ::fsync(file) != 0) {
        written = fail_errno("writing " + path_);
    }
    ::close(file);
    return written;
}

}  // namespace clamor::store
