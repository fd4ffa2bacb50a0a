// SPDX-License-Identifier: Apache-2.0
// Any bytes as a model file, and the model in the binary with some of its bytes changed and its
// checksum made good: it is refused, or scores are probabilities with a span inside the message.
#include <cmath>
#include <cstring>
#include <vector>

#include "automod/model_classifier.h"
#include "base/check.h"
#include "text/normaliser.h"

namespace {

using namespace clamor;

void try_model(std::span<const std::byte> bytes, const text::Normalised& message) {
    // Models are read where they are aligned, as files are when they are mapped.
    std::vector<std::uint64_t> aligned(bytes.size() / 8 + 1);
    if (!bytes.empty()) std::memcpy(aligned.data(), bytes.data(), bytes.size());
    auto model = automod::read_model(
        {reinterpret_cast<const std::byte*>(aligned.data()), bytes.size()}, nullptr);
    if (!model) {
        CLAMOR_CHECK(!model.error().detail.empty(), "a refusal says why");
        return;
    }
    const automod::Scores scores = automod::ModelClassifier(*std::move(model)).score(message);
    for (const float score : {scores.toxicity, scores.hostility, scores.profanity})
        CLAMOR_CHECK(score >= 0 && score <= 1, "a score is a probability");
    CLAMOR_CHECK(scores.span.last < message.code_points, "the span is in the message");
}

/// A small model that is well-formed, for the changes to reach behind the first checks.
std::vector<std::byte> small_model(std::span<const std::byte> noise) {
    automod::ModelHeader header;
    header.version[0] = 'f';
    header.word_scale = header.pair_scale = header.piece_scale = header.vector_scale = 0.01f;
    header.slope = 1;
    std::vector<automod::WordSlot> slots(8);
    std::vector<automod::WordRow> rows(4);
    std::vector<std::int8_t> pairs(16);
    std::vector<std::int8_t> pieces(16);
    const auto spread = [&noise](void* to, std::size_t size) {
        const std::size_t count = std::min(size, noise.size());
        if (count > 0) std::memcpy(to, noise.data(), count);
        noise = noise.subspan(count);
    };
    spread(slots.data(), slots.size() * sizeof(automod::WordSlot));
    spread(pairs.data(), pairs.size());
    spread(&header.word_scale, 7 * sizeof(float));
    spread(rows.data(), rows.size() * sizeof(automod::WordRow));
    spread(header.networks.data(), sizeof header.networks);
    return automod::write_model(header, slots, rows, pairs, pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const text::Normalised message = [] {
        text::Normalised out;
        text::Normaliser().normalise("hello you there, how are things 😀 @one", {}, out);
        return out;
    }();
    const auto bytes = std::as_bytes(std::span(data, size));
    try_model(bytes, message);
    try_model(small_model(bytes), message);
    return 0;
}
