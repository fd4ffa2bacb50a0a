// SPDX-License-Identifier: Apache-2.0
#include "automod/model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "automod/features.h"
#include "base/check.h"

extern "C" {
extern const char clamor_automod_model[];
extern const char clamor_automod_model_end[];
}

namespace clamor::automod {
namespace {

static_assert(std::endian::native == std::endian::little);
static_assert(std::is_trivially_copyable_v<ModelHeader>);

constexpr std::size_t kCheckedFrom = offsetof(ModelHeader, checksum) + sizeof(std::uint64_t);

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
    std::uint64_t sum = mix(0, bytes.size());
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + i, 8);
        sum = mix(sum, word);
    }
    for (; i < bytes.size(); ++i) sum = mix(sum, static_cast<std::uint64_t>(bytes[i]));
    return sum;
}

tl::unexpected<Error> refuse(std::string why) {
    return fail(std::errc::invalid_argument, "AutoMod model: " + std::move(why));
}

/// Greater numbers are not learned, and their sums might not be finite.
constexpr float kNumberMax = 1e4f;

bool is_usable(float number) {
    return std::isfinite(number) && std::abs(number) <= kNumberMax;
}

template <class Numbers>
bool all_usable(const Numbers& numbers) {
    return std::ranges::all_of(numbers, is_usable);
}

bool numbers_are_usable(const ModelHeader& h) {
    const std::array scales{h.word_scale, h.pair_scale, h.piece_scale, h.vector_scale, h.slope};
    if (!std::ranges::all_of(scales, [](float f) { return is_usable(f) && f > 0; })) return false;
    if (!is_usable(h.bias) || !is_usable(h.shift)) return false;
    return std::ranges::all_of(h.networks, [](const Network& n) {
        return all_usable(n.hidden_bias) && all_usable(n.out) &&
               std::ranges::all_of(n.hidden, [](const auto& row) { return all_usable(row); });
    });
}

bool is_usable_version(std::string_view version) {
    return !version.empty() &&
           std::ranges::all_of(version, [](char c) { return c > ' ' && c < 0x7F; });
}

std::size_t size_of(const ModelHeader& h) {
    return sizeof(ModelHeader) + h.word_slots * sizeof(WordSlot) + h.word_rows * sizeof(WordRow) +
           h.pairs + h.pieces;
}

template <class T>
std::span<const T> take(const std::byte*& at, std::size_t count) {
    const std::span<const T> taken(reinterpret_cast<const T*>(at), count);
    at += count * sizeof(T);
    return taken;
}

}  // namespace

const WordRow* Model::find(std::uint64_t hash) const {
    const std::size_t mask = slots.size() - 1;
    const std::uint32_t tag = word_tag(hash);
    // read_model has seen to it that an empty slot ends every search.
    for (std::size_t at = hash & mask; slots[at].tag != 0; at = (at + 1) & mask)
        if (slots[at].tag == tag) return &rows[slots[at].row];
    return nullptr;
}

Result<Model> read_model(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    Model model;
    ModelHeader& h = model.header;
    if (bytes.size() < sizeof h) return refuse("shorter than its header");
    std::memcpy(&h, bytes.data(), sizeof h);
    if (h.magic != ModelHeader{}.magic) return refuse("not a model file");
    if (h.format != kModelFormat)
        return refuse("format " + std::to_string(h.format) + ", this build reads " +
                      std::to_string(kModelFormat));
    if (h.header_bytes != sizeof h) return refuse("a header of another size");
    if (h.feature_seed != kFeatureSeed) return refuse("trained for other features (seed)");
    if (bytes.size() > kModelBytesMax) return refuse("larger than 4 MiB");
    const bool powers = std::has_single_bit(h.word_slots) && std::has_single_bit(h.pairs) &&
                        std::has_single_bit(h.pieces);
    if (!powers || std::max({h.word_slots, h.word_rows, h.pairs, h.pieces}) > kModelBytesMax)
        return refuse("table sizes that cannot be");
    if (bytes.size() != size_of(h))
        return refuse(std::to_string(bytes.size()) + " bytes where " + std::to_string(size_of(h)) +
                      " belong");
    if (checksum_of(bytes.subspan(kCheckedFrom)) != h.checksum) return refuse("checksum differs");
    if (!numbers_are_usable(h)) return refuse("numbers that are not finite or too great");
    const std::string_view version(h.version.data(), h.version.size());
    model.version = version.substr(0, version.find('\0'));
    if (!is_usable_version(model.version)) return refuse("no version");
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(ModelHeader) != 0)
        return refuse("not aligned in memory");

    const std::byte* at = bytes.data() + sizeof h;
    model.slots = take<WordSlot>(at, h.word_slots);
    model.rows = take<WordRow>(at, h.word_rows);
    model.pairs = take<std::int8_t>(at, h.pairs);
    model.pieces = take<std::int8_t>(at, h.pieces);
    const auto used =
        std::ranges::count_if(model.slots, [](const WordSlot& slot) { return slot.tag != 0; });
    if (static_cast<std::size_t>(used) * 4 > model.slots.size() * 3)
        return refuse("a table of words that is too full");
    if (std::ranges::any_of(model.slots, [&h](const WordSlot& slot) {
            return slot.tag != 0 && slot.row >= h.word_rows;
        }))
        return refuse("a word without a row");
    model.owner = std::move(owner);
    return model;
}

Result<Model> load_model(const std::string& path) {
    std::error_code code;
    const auto size = std::filesystem::file_size(path, code);
    if (code) return fail(code, "AutoMod model " + path);
    if (size == 0 || size > kModelBytesMax) return refuse(path + " is no file of up to 4 MiB");
    const auto bytes = std::make_shared<std::vector<std::byte>>(size);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes->data()), static_cast<std::streamsize>(size));
    if (!file.is_open() || file.bad())
        return fail(std::errc::io_error, "AutoMod model " + path + " cannot be read");
    bytes->resize(static_cast<std::size_t>(file.gcount()));
    auto model = read_model(*bytes, bytes);
    if (!model) model.error().detail += " (" + path + ")";
    return model;
}

Model builtin_model() {
    const auto size = static_cast<std::size_t>(clamor_automod_model_end - clamor_automod_model);
    auto model =
        read_model(std::as_bytes(std::span<const char>(clamor_automod_model, size)), nullptr);
    CLAMOR_CHECK(model.has_value(), "the model in the binary is one that this build reads");
    return *std::move(model);
}

std::vector<std::byte> write_model(ModelHeader header, std::span<const WordSlot> slots,
                                   std::span<const WordRow> rows,
                                   std::span<const std::int8_t> pairs,
                                   std::span<const std::int8_t> pieces) {
    header.header_bytes = sizeof header;
    header.feature_seed = kFeatureSeed;
    header.word_slots = static_cast<std::uint32_t>(slots.size());
    header.word_rows = static_cast<std::uint32_t>(rows.size());
    header.pairs = static_cast<std::uint32_t>(pairs.size());
    header.pieces = static_cast<std::uint32_t>(pieces.size());
    std::vector<std::byte> bytes(size_of(header));
    std::byte* at = bytes.data() + sizeof header;
    const auto put = [&at](std::span<const std::byte> part) {
        at = std::ranges::copy(part, at).out;
    };
    std::memcpy(bytes.data(), &header, sizeof header);
    put(std::as_bytes(slots));
    put(std::as_bytes(rows));
    put(std::as_bytes(pairs));
    put(std::as_bytes(pieces));
    header.checksum = checksum_of(std::span(bytes).subspan(kCheckedFrom));
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

}  // namespace clamor::automod
