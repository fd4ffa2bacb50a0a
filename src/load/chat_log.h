// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clamor::load {

/// One message of a recorded chat.
struct ChatLogLine {
    std::int64_t t_ms = 0;  ///< since the start of the recording
    std::string user;
    std::string text;
    bool action = false;  ///< written with /me
};

struct ChatLog {
    std::vector<ChatLogLine> lines;
    std::vector<std::string> skipped;  ///< what was wrong with each line that was left out
};

/// Reads one line `{"t_ms":0,"user":"ann","text":"hi"}` (`"action":true` is known too, other keys
/// are left alone). The error says what is wrong with it.
Result<ChatLogLine> parse_chat_log_line(std::string_view json);

struct ChatLogOptions {
    std::string name;       ///< of the file, for errors
    bool skip_bad = false;  ///< bad lines are left out and told in ChatLog::skipped, else the first
                            ///< one is the error
    std::size_t limit = 0;  ///< reads so many messages; 0: all
};

/// Empty lines are no error. A recording without any message is one.
Result<ChatLog> read_chat_log(std::istream& in, const ChatLogOptions& options);

/// The login under which a recorded user speaks: lower case, other characters than Twitch's
/// replaced by `_`, at most 25. Names that anonymous readers have get a `u_` in front. Different
/// users may get the same login.
std::string to_login(std::string_view user);

/// The text as a client sends it so that it appears as recorded: line breaks become blanks, a
/// leading `/` or `.` is escaped so that it is no command, a /me line is wrapped.
std::string to_sendable_text(const ChatLogLine& line);

}  // namespace clamor::load
