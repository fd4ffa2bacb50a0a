// SPDX-License-Identifier: Apache-2.0
#include "wire/http/service.h"

namespace clamor::wire::http {
namespace {

std::string_view first_of(const std::vector<std::pair<std::string, std::string>>& pairs,
                          std::string_view name) {
    for (const auto& [key, value] : pairs)
        if (key == name) return value;
    return {};
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
    return first_of(headers, lower_case_name);
}

std::string_view Request::query_value(std::string_view name) const {
    return first_of(query, name);
}

bool Request::has_query(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name) return true;
    return false;
}

}  // namespace clamor::wire::http
