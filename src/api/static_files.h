// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/router.h"

namespace clamor::api {

/// A file of the web page as it was built in: `path` is its place in URLs, `/assets/app-1f3c.js`.
struct StaticFile {
    std::string_view path;
    std::string_view bytes;
};

/// Serves the page and its files out of memory: `/` and `/c/{login}` are `/index.html`, other paths
/// are files by exact name, so that no path can lead out of them. Hashed names (`/assets/`) are
/// cached for good, others by ETag. Compresses once, when it is made; immutable afterwards.
class StaticFiles {
  public:
    struct Options {
        /// Which sites may show the page in a frame, as CSP frame-ancestors has it.
        std::string frame_ancestors = "'self'";
    };

    StaticFiles(std::span<const StaticFile> files, const Options& options);

    /// Only for GET and HEAD.
    wire::http::Response serve(const wire::http::Request& request) const;
    /// Takes what no other route of the router matches. Must outlive it.
    void take_rest_of(Router& router) const;

  private:
    struct Entry {
        std::string_view bytes;
        std::string gzipped;  ///< empty when compression does not pay
        std::string etag;
        std::string_view content_type;
    };

    wire::http::Response page(int status, std::string_view title, std::string_view sentence) const;
    void add_security_headers(wire::http::Headers& headers) const;

    std::unordered_map<std::string_view, Entry> entries_;
    std::string content_security_policy_;
};

}  // namespace clamor::api
