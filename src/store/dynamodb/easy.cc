// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/easy.h"

#include <string_view>

#include <strings.h>

#include "base/limits.h"

namespace clamor::store::dynamodb {

extern "C" {
static std::size_t clamor_take_dynamodb_body(char* bytes, std::size_t, std::size_t size, void* to) {
    auto& answer = *static_cast<Answer*>(to);
    answer.too_large = size > answer.bytes_max - answer.body.size();
    if (answer.too_large) return 0;  // ends the transfer
    answer.body.append(bytes, size);
    return size;
}
static std::size_t clamor_take_dynamodb_head(char* bytes, std::size_t, std::size_t size, void* to) {
    auto& answer = *static_cast<Answer*>(to);
    answer.head_bytes += size;
    answer.too_large = answer.head_bytes > limits::kHttpHeaderBytes;
    constexpr std::string_view kChecksum = "x-amz-crc32:";
    if (size > kChecksum.size() && ::strncasecmp(bytes, kChecksum.data(), kChecksum.size()) == 0) {
        answer.checksum.assign(bytes + kChecksum.size(), size - kChecksum.size());
        std::erase_if(answer.checksum, [](char c) { return c < '0' || c > '9'; });
    }
    return answer.too_large ? 0 : size;
}
}

void prepare(CURL* easy, Answer& answer) {
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, clamor_take_dynamodb_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, clamor_take_dynamodb_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
}

}  // namespace clamor::store::dynamodb
