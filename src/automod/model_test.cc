// SPDX-License-Identifier: Apache-2.0
#include "automod/model.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>
#include <unistd.h>

#include "automod/features.h"

namespace clamor::automod {
namespace {

/// Bytes as aligned as those of a file in memory.
class Bytes {
  public:
    explicit Bytes(std::span<const std::byte> bytes)
        : words_(bytes.size() / 8 + 1), size_(bytes.size()) {
        if (!bytes.empty()) std::memcpy(words_.data(), bytes.data(), bytes.size());
    }
    std::byte* data() { return reinterpret_cast<std::byte*>(words_.data()); }
    std::span<const std::byte> span() { return {data(), size_}; }

  private:
    std::vector<std::uint64_t> words_;
    std::size_t size_;
};

struct Parts {
    ModelHeader header;
    std::vector<WordSlot> slots = std::vector<WordSlot>(8);
    std::vector<WordRow> rows = std::vector<WordRow>(2);
    std::vector<std::int8_t> pairs = std::vector<std::int8_t>(16);
    std::vector<std::int8_t> pieces = std::vector<std::int8_t>(32);

    Parts() {
        std::memcpy(header.version.data(), "test-1", 6);
        header.word_scale = header.pair_scale = header.piece_scale = header.vector_scale = 0.01f;
        header.slope = 1;
    }
    Bytes bytes() const { return Bytes(write_model(header, slots, rows, pairs, pieces)); }
};

std::string refusal(Bytes bytes) {
    const auto model = read_model(bytes.span(), nullptr);
    return model ? "" : model.error().detail;
}

TEST(Model, IsReadAsItWasWritten) {
    Parts parts;
    const std::uint64_t hash = hash_bytes("hello");
    parts.slots[hash % 8] = {word_tag(hash), 1};
    parts.rows[1].weight = 123;
    parts.pieces[31] = -5;
    Bytes bytes = parts.bytes();
    const auto model = read_model(bytes.span(), nullptr);
    ASSERT_TRUE(model.has_value()) << model.error().to_string();
    EXPECT_EQ(model->version, "test-1");
    ASSERT_NE(model->find(hash), nullptr);
    EXPECT_EQ(model->find(hash)->weight, 123);
    EXPECT_EQ(model->find(hash_bytes("other")), nullptr);
    EXPECT_EQ(model->pieces[31], -5);
}

TEST(Model, OfAnotherKindIsRefusedWithTheReason) {
    EXPECT_NE(refusal(Bytes({})).find("shorter than its header"), std::string::npos);
    const auto changed = [](std::size_t offset, std::uint64_t value, std::size_t size) {
        Bytes bytes = Parts().bytes();
        std::memcpy(bytes.data() + offset, &value, size);
        return refusal(std::move(bytes));
    };
    EXPECT_NE(changed(0, 'X', 1).find("not a model file"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, format), 9, 4).find("format 9"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, header_bytes), 9, 4).find("header"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, feature_seed), 9, 8).find("seed"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, word_slots), 9, 4).find("sizes"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, pairs), 1u << 30, 4).find("sizes"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, pairs), 32, 4).find("belong"), std::string::npos);
    EXPECT_NE(changed(offsetof(ModelHeader, bias), 9, 4).find("checksum"), std::string::npos);
    EXPECT_NE(changed(sizeof(ModelHeader) + 3, 9, 1).find("checksum"), std::string::npos);
}

TEST(Model, CutShortOrTooLongIsRefused) {
    Bytes whole = Parts().bytes();
    std::vector<std::byte> bytes(whole.span().begin(), whole.span().end());
    for (std::size_t size = 0; size < bytes.size(); size += 97)
        EXPECT_NE(refusal(Bytes(std::span(bytes).first(size))), "") << size;
    bytes.push_back(std::byte{0});
    EXPECT_NE(refusal(Bytes(bytes)), "");
}

TEST(Model, WithNumbersThatAreNoneIsRefused) {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const auto with = [](auto change) {
        Parts parts;
        change(parts);
        return refusal(parts.bytes());
    };
    EXPECT_EQ(with([](Parts&) {}), "");
    EXPECT_NE(with([&](Parts& p) { p.header.bias = kNan; }), "");
    EXPECT_NE(with([&](Parts& p) { p.header.slope = -1; }), "");
    EXPECT_NE(with([&](Parts& p) { p.header.shift = kInfinity; }), "");
    EXPECT_NE(with([&](Parts& p) { p.header.word_scale = 1e30f; }), "") << "sums overflow";
    EXPECT_NE(with([&](Parts& p) { p.header.pair_scale = 0; }), "");
    EXPECT_NE(with([&](Parts& p) { p.header.networks[1].out[2] = kNan; }), "");
    EXPECT_NE(with([&](Parts& p) { p.header.networks[0].hidden[3][4] = kInfinity; }), "");
    EXPECT_NE(with([](Parts& p) { p.header.version.fill('\0'); }), "");
    EXPECT_NE(with([](Parts& p) { p.header.version[1] = '\n'; }), "");
}

TEST(Model, WhoseWordsCannotBeSearchedIsRefused) {
    Parts full;
    for (WordSlot& slot : full.slots) slot.tag = 1;
    EXPECT_NE(refusal(full.bytes()).find("too full"), std::string::npos);
    Parts astray;
    astray.slots[3] = {1, 2};
    EXPECT_NE(refusal(astray.bytes()).find("without a row"), std::string::npos);
}

TEST(Model, IsReadFromAFileThatMayChangeAfterwards) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("clamor-model-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::string path = folder / "a.bin";
    Bytes bytes = Parts().bytes();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.span().size()));
    const auto model = load_model(path);
    ASSERT_TRUE(model.has_value()) << model.error().to_string();
    const std::vector<std::int8_t> pairs(model->pairs.begin(), model->pairs.end());
    std::filesystem::resize_file(path, 100);
    const auto half = load_model(path);
    ASSERT_FALSE(half.has_value()) << "half of a file, as while another is copied over it";
    EXPECT_NE(half.error().detail.find(path), std::string::npos);
    std::filesystem::remove(path);
    EXPECT_TRUE(std::ranges::equal(model->pairs, pairs)) << "the file is not needed any more";
    EXPECT_FALSE(load_model(path).has_value());
    EXPECT_FALSE(load_model(folder).has_value()) << "a folder";
    std::ofstream{path};
    EXPECT_FALSE(load_model(path).has_value()) << "an empty file";
    std::filesystem::remove_all(folder);
}

TEST(Model, InTheBinaryIsUnderFourMegabytes) {
    const Model model = builtin_model();
    EXPECT_FALSE(model.version.empty());
    EXPECT_GT(model.rows.size(), 1000u);
    EXPECT_LT(model.rows.size_bytes() + model.slots.size_bytes() + model.pairs.size() +
                  model.pieces.size(),
              kModelBytesMax);
}

}  // namespace
}  // namespace clamor::automod
