// SPDX-License-Identifier: Apache-2.0
#include "api/static_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "api/reply.h"
#include "base/check.h"

namespace clamor::api {

namespace {

constexpr std::size_t kCompressFrom = 1024;

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kContentTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".mp3", "audio/mpeg"},
}};

std::string_view content_type_of(std::string_view path) {
    for (const auto& [ending, type] : kContentTypes) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

bool is_text(std::string_view type) {
    return type.starts_with("text/") || type.starts_with("application/json") ||
           type == "image/svg+xml";
}

/// Gzip form of the bytes; empty when it would not be smaller.
std::string gzip(std::string_view bytes) {
    z_stream stream{};
    constexpr int kGzipWindow = 15 + 16;
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return {};
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return result == Z_STREAM_END && out.size() < bytes.size() ? out : std::string();
}

std::string etag_of(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    return fmt::format("\"{:016x}\"", hash);
}

bool accepts_gzip(const wire::http::Request& request) {
    std::string_view accepted = request.header("accept-encoding");
    const auto at = accepted.find("gzip");
    if (at == std::string_view::npos) return false;
    accepted.remove_prefix(at + 4);
    return !accepted.starts_with(";q=0") || accepted.starts_with(";q=0.");
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

bool is_page(std::string_view path) {
    if (path == "/") return true;
    if (!path.starts_with("/c/")) return false;
    path.remove_prefix(3);
    return !path.empty() && path.find('/') == std::string_view::npos;
}

}  // namespace

StaticFiles::StaticFiles(std::span<const StaticFile> files, const Options& options)
    : content_security_policy_(
          "default-src 'self'; img-src 'self' https: data:; connect-src 'self' ws: wss:; "
          "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
          "form-action 'self'; frame-ancestors " +
          options.frame_ancestors) {
    for (const auto& file : files) {
        CLAMOR_CHECK(file.path.starts_with('/'), "the path of a static file is absolute");
        const auto type = content_type_of(file.path);
        Entry entry{file.bytes, {}, etag_of(file.bytes), type};
        if (is_text(type) && file.bytes.size() >= kCompressFrom) entry.gzipped = gzip(file.bytes);
        entries_.insert_or_assign(file.path, std::move(entry));
    }
}

wire::http::Response StaticFiles::serve(const wire::http::Request& request) const {
    const bool page_path = is_page(request.path);
    const auto found =
        entries_.find(page_path ? std::string_view("/index.html") : std::string_view(request.path));
    if (found == entries_.end()) {
        if (page_path) {
            return page(200, "clamor is running",
                        "The web page was not built into this server: run script/build.");
        }
        return page(404, "Not found", "There is nothing here. The channels are on the first page.");
    }
    const auto& entry = found->second;
    const bool immutable = request.path.starts_with("/assets/");
    wire::http::Response response;
    response.headers = {
        {"Content-Type", std::string(entry.content_type)},
        {"Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache"},
        {"ETag", entry.etag},
        {"Access-Control-Allow-Origin", "*"}};  // for pages that embed the chat as a module
    add_security_headers(response.headers);
    if (!entry.gzipped.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
    if (names_etag(request.header("if-none-match"), entry.etag)) {
        response.status = 304;
        return response;
    }
    if (!entry.gzipped.empty() && accepts_gzip(request)) {
        response.headers.emplace_back("Content-Encoding", "gzip");
        response.body = entry.gzipped;
    } else {
        response.body = entry.bytes;
    }
    return response;
}

void StaticFiles::take_rest_of(Router& router) const {
    router.otherwise([this](auto request, auto, auto respond) {
        if (request.method == "GET" || request.method == "HEAD") return respond(serve(request));
        auto response =
            error_response(405, request.path + " takes GET, HEAD, not " + request.method);
        response.headers.emplace_back("Allow", "GET, HEAD");
        respond(std::move(response));
    });
}

wire::http::Response StaticFiles::page(int status, std::string_view title,
                                       std::string_view sentence) const {
    wire::http::Response response{
        status, {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}}, {}};
    add_security_headers(response.headers);
    response.body = fmt::format(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title>"
        "<body style=\"font-family:sans-serif;margin:3rem\"><h1>{0}</h1><p>{1}</p><p><a "
        "href=\"/\">All channels</a></p>\n",
        title, sentence);
    return response;
}

void StaticFiles::add_security_headers(wire::http::Headers& headers) const {
    headers.emplace_back("Content-Security-Policy", content_security_policy_);
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    headers.emplace_back("Referrer-Policy", "no-referrer");
    headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace clamor::api
