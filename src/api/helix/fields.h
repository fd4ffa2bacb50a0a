// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/helix/values.h"
#include "base/ids.h"
#include "base/time.h"
#include "wire/http/service.h"

namespace clamor::api::helix {

/// How long a text may be, in code points, once CR, LF and NUL are out and blanks at both ends are
/// off.
struct Length {
    std::size_t least = 1;
    std::size_t most = 500;
};

/// The parameters of a request. Each is looked for in the query and then in the JSON body, since
/// clients differ in where they put them. A reader throws the Refusal that names the field when it
/// is missing (unless optional: then it is absent, null or, in the query, empty), malformed, too
/// long or out of range.
class Fields {
  public:
    Fields();
    /// An empty body is an empty object.
    explicit Fields(const wire::http::Request& request);

    bool has(std::string_view name) const;

    std::string text(std::string_view name, Length length = {}) const;
    std::optional<std::string> optional_text(std::string_view name, Length length = {}) const;
    /// As it was sent, empty when absent.
    std::string raw(std::string_view name) const;

    std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most) const;
    std::optional<std::int64_t> optional_number(std::string_view name, std::int64_t least,
                                                std::int64_t most) const;
    bool flag(std::string_view name) const;
    std::optional<bool> optional_flag(std::string_view name) const;

    /// The index of the word among those that are allowed; with regard to case.
    using Words = std::span<const std::string_view>;
    std::size_t word(std::string_view name, Words allowed) const;
    std::size_t word(std::string_view name, std::initializer_list<std::string_view> allowed) const {
        return word(name, Words(allowed.begin(), allowed.size()));
    }
    std::optional<std::size_t> optional_word(std::string_view name, Words allowed) const;
    std::optional<std::size_t> optional_word(
        std::string_view name, std::initializer_list<std::string_view> allowed) const {
        return optional_word(name, Words(allowed.begin(), allowed.size()));
    }

    /// In lower case.
    std::string login(std::string_view name) const;
    /// RFC 3339, as text::parse_rfc3339 reads it.
    std::optional<WallTime> optional_time(std::string_view name) const;

    UserId user_id(std::string_view name) const;
    std::optional<UserId> optional_user_id(std::string_view name) const;
    /// All values of a name that may be repeated, without those that came before; `most` of them.
    std::vector<UserId> user_ids(std::string_view name, std::size_t most) const;
    std::vector<std::string> texts(std::string_view name, std::size_t most) const;
    MessageId message_id(std::string_view name) const;

    /// A JSON object within the body, as it was sent; empty when there is none.
    std::string document(std::string_view name) const;

    /// A JSON object, or a list of them, within the body.
    Fields object(std::string_view name) const;
    std::vector<Fields> objects(std::string_view name, std::size_t least, std::size_t most) const;

  private:
    struct Value;

    std::optional<Value> find(std::string_view name) const;
    std::vector<Value> find_all(std::string_view name, std::size_t most) const;

    std::vector<std::pair<std::string, std::string>> query_;
    std::shared_ptr<const Json> body_;
};

}  // namespace clamor::api::helix
