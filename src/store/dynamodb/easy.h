// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <curl/curl.h>

namespace clamor::store::dynamodb {

template <auto kFree>
struct FreedBy {
    template <class T>
    void operator()(T* thing) const {
        (void)kFree(thing);
    }
};
using EasyHandle = std::unique_ptr<CURL, FreedBy<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, FreedBy<curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, FreedBy<curl_slist_free_all>>;

inline void add_header(HeaderList& list, const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
}

/// An answer as it comes in, up to a bound.
struct Answer {
    std::string body;
    std::string checksum;  ///< what x-amz-crc32 said; empty: nothing
    std::size_t head_bytes = 0;
    std::size_t bytes_max = 0;
    bool too_large = false;
};

/// No redirects, no signals, at most `answer.bytes_max`; `answer` outlives the transfer.
void prepare(CURL* easy, Answer& answer);

}  // namespace clamor::store::dynamodb
