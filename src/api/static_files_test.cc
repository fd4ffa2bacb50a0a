// SPDX-License-Identifier: Apache-2.0
#include "api/static_files.h"

#include <zlib.h>

#include "api/api_fixture.h"

namespace clamor::api {
namespace {

std::string gunzip(std::string_view bytes) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(1 << 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

class StaticFilesTest : public ApiFixture {
  protected:
    StaticFilesTest() { files.take_rest_of(router); }

    const std::string script = std::string(5000, 'x');
    const std::vector<StaticFile> built{{"/index.html", "<p>page</p>"},
                                        {"/assets/app-1f3c.js", script},
                                        {"/static/emotes/wave.svg", "<svg/>"}};
    StaticFiles files{built, StaticFiles::Options{"https://tv.example"}};
};

TEST_F(StaticFilesTest, ServesThePageForTheFirstPageAndForChannels) {
    for (const auto* path : {"/", "/c/lobby", "/index.html", "/c/a%20b"}) {
        const auto response = get(path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(response.body, "<p>page</p>");
        EXPECT_EQ(header_of(response, "Content-Type"), "text/html; charset=utf-8");
        EXPECT_EQ(header_of(response, "Cache-Control"), "no-cache");
    }
}

TEST_F(StaticFilesTest, ForbidsForeignCodeAndUnlistedFrames) {
    const auto policy = header_of(get("/"), "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'self';"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors https://tv.example"), std::string::npos);
    EXPECT_EQ(policy.find("script-src"), std::string::npos) << "scripts fall under default-src";
    EXPECT_EQ(header_of(get("/"), "X-Content-Type-Options"), "nosniff");
}

TEST_F(StaticFilesTest, CachesHashedNamesForGood) {
    EXPECT_EQ(header_of(get("/assets/app-1f3c.js"), "Cache-Control"),
              "public, max-age=31536000, immutable");
}

TEST_F(StaticFilesTest, AnswersKnownEtagsWithoutABody) {
    const auto etag = header_of(get("/static/emotes/wave.svg"), "ETag");
    const auto again = ask("GET", "/static/emotes/wave.svg", {{"if-none-match", etag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(ask("GET", "/static/emotes/wave.svg", {{"if-none-match", "\"other\""}}).status, 200);
}

TEST_F(StaticFilesTest, CompressesForThoseWhoAcceptIt) {
    const auto packed = ask("GET", "/assets/app-1f3c.js", {{"accept-encoding", "br, gzip"}});
    EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
    EXPECT_LT(packed.body.size(), script.size() / 10);
    EXPECT_EQ(gunzip(packed.body), script);
    const auto plain = get("/assets/app-1f3c.js");
    EXPECT_EQ(plain.body, script);
    EXPECT_EQ(header_of(plain, "Vary"), "Accept-Encoding");
    EXPECT_EQ(header_of(ask("GET", "/assets/app-1f3c.js", {{"accept-encoding", "gzip;q=0"}}),
                        "Content-Encoding"),
              "");
}

TEST_F(StaticFilesTest, NeverLeavesItsOwnFiles) {
    for (const auto* path : {"/../etc/passwd", "/assets/..%2f..%2fetc/passwd",
                             "/static/%2e%2e/index.html", "//etc/passwd", "/assets/",
                             "/assets/app-1f3c.js/", "/ASSETS/app-1f3c.js", "/c/", "/c/a/b"}) {
        EXPECT_EQ(get(path).status, 404) << path;
    }
}

TEST_F(StaticFilesTest, TakesOnlyGetAndHead) {
    EXPECT_EQ(ask("HEAD", "/").status, 200);
    const auto response = ask("POST", "/");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD");
}

TEST(StaticFilesWithoutPage, SaysHowToBuildIt) {
    const StaticFiles files({}, {});
    wire::http::Request request;
    request.path = "/";
    const auto response = files.serve(request);
    EXPECT_EQ(response.status, 200);
    EXPECT_NE(response.body.find("script/build"), std::string::npos);
}

}  // namespace
}  // namespace clamor::api
