// SPDX-License-Identifier: Apache-2.0
#include "app/embed.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace clamor::app {
namespace {

TEST(EmbeddedFiles, AreThoseOfTheFolderByteForByte) {
    const auto files = web_files();
    const auto found = std::find_if(files.begin(), files.end(), [](const api::StaticFile& file) {
        return file.path == "/static/badges/moderator.svg";
    });
    ASSERT_NE(found, files.end());
    std::ifstream source(std::string(CLAMOR_SOURCE_DIR) + "/web/static/badges/moderator.svg",
                         std::ios::binary);
    std::ostringstream bytes;
    bytes << source.rdbuf();
    EXPECT_EQ(found->bytes, bytes.str());
}

TEST(EmbeddedFiles, HaveOnlyPathsThatUrlsCanName) {
    for (const auto& file : web_files()) {
        EXPECT_TRUE(file.path.starts_with('/')) << file.path;
        EXPECT_EQ(file.path.find("//"), std::string_view::npos) << file.path;
        EXPECT_FALSE(file.path.ends_with(".md")) << file.path;
    }
}

}  // namespace
}  // namespace clamor::app
