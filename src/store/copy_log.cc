// SPDX-License-Identifier: Apache-2.0
#include "store/copy_log.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "base/limits.h"
#include "store/log_entry.h"

namespace clamor::store {
namespace {

Result<std::vector<StoredMessage>> page_after(MessageLog& log, ChannelId channel,
                                              std::uint64_t sequence) {
    return log.read(
        {.channel = channel, .after_sequence = sequence, .limit = limits::kHistoryPage});
}

struct Digest {
    std::uint64_t entries = 0;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    friend bool operator==(const Digest&, const Digest&) = default;
};

/// In order, each hashed together with the hash of those before.
Result<Digest> digest_of(MessageLog& log, ChannelId channel,
                         const std::function<void(std::uint64_t sequence)>& up_to = {}) {
    Digest digest;
    std::uint64_t after = 0;
    while (true) {
        const auto page = page_after(log, channel, after);
        if (!page) return tl::unexpected(page.error());
        if (page->empty()) return digest;
        for (const StoredMessage& message : *page) {
            std::string bytes(digest.hash.begin(), digest.hash.end());
            encode_log_entry(message, bytes);
            bytes += message.deleted ? '-' : '+';
            SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                   digest.hash.data());
            ++digest.entries;
        }
        after = page->back().position.sequence;
        if (up_to) up_to(after);
    }
}

}  // namespace

Result<std::uint64_t> copy_log(MessageLog& from, MessageLog& to,
                               std::span<const ChannelId> channels,
                               const LogCopyProgress& progress) {
    std::vector<std::uint64_t> lengths;
    std::uint64_t total = 0;
    for (const ChannelId channel : channels) {
        const auto last = from.last(channel);
        if (!last) return tl::unexpected(last.error());
        lengths.push_back(last->position.sequence);
        total += 2 * lengths.back();
    }
    std::uint64_t before = 0;  // of the channels that are done
    for (std::size_t i = 0; i < channels.size(); ++i) {
        if (lengths[i] == 0) continue;
        const auto last = to.last(channels[i]);
        if (!last) return tl::unexpected(last.error());
        std::uint64_t after = last->position.sequence;
        while (true) {
            const auto page = page_after(from, channels[i], after);
            if (!page) return tl::unexpected(page.error());
            if (page->empty()) break;
            if (auto written = to.append(*page); !written) return tl::unexpected(written.error());
            after = page->back().position.sequence;
            progress(before + after, total, false);
        }
        before += lengths[i];
    }
    std::uint64_t entries = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const auto there = digest_of(from, channels[i]);
        if (!there) return tl::unexpected(there.error());
        const auto here = digest_of(to, channels[i], [&](std::uint64_t sequence) {
            progress(before + std::min(sequence, lengths[i]), total, true);
        });
        if (!here) return tl::unexpected(here.error());
        if (*there != *here) {
            return fail(std::errc::io_error,
                        fmt::format("the history of channel {} has {} entries and its copy {}, or "
                                    "they differ: the target was not empty, or the source changed",
                                    channels[i].value, there->entries, here->entries));
        }
        entries += here->entries;
        before += lengths[i];
    }
    return entries;
}

}  // namespace clamor::store
