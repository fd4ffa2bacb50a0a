// SPDX-License-Identifier: Apache-2.0
#include "auth/json.h"

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace clamor::auth {

namespace {

using nlohmann::json;

constexpr std::size_t kDepthMost = 8;

/// Looks at a text without keeping it: the depth is known before anything is built.
class Inspector final : public nlohmann::json_sax<json> {
  public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(); }
    bool key(string_t& name) override { return names_.back().insert(name).second; }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

  private:
    bool open() {
        names_.emplace_back();
        return names_.size() <= kDepthMost;
    }
    bool close() {
        names_.pop_back();
        return true;
    }

    std::vector<std::set<std::string>> names_;
};

}  // namespace

std::optional<json> parse_object(std::string_view text) {
    Inspector inspector;
    if (!json::sax_parse(text, &inspector)) return std::nullopt;
    auto value = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object()) return std::nullopt;
    return value;
}

}  // namespace clamor::auth
