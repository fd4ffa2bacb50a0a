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
Result<Digest> digest_of(MessageLog& log, ChannelId channel) {
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
    }
}

}  // namespace

Result<std::uint64_t> copy_log(MessageLog& from, MessageLog& to,
                               std::span<const ChannelId> channels,
                               const LogCopyProgress& progress) {
    std::uint64_t done = 0;
    for (const ChannelId channel : channels) {
        const auto last = to.last(channel);
        if (!last) return tl::unexpected(last.error());
        std::uint64_t after = last->position.sequence;
        while (true) {
            const auto page = page_after(from, channel, after);
            if (!page) return tl::unexpected(page.error());
            if (page->empty()) break;
            if (auto written = to.append(*page); !written) return tl::unexpected(written.error());
            after = page->back().position.sequence;
            done += page->size();
            progress(done, channel);
        }
    }
    done = 0;
    for (const ChannelId channel : channels) {
        const auto there = digest_of(from, channel);
        if (!there) return tl::unexpected(there.error());
        const auto here = digest_of(to, channel);
        if (!here) return tl::unexpected(here.error());
        if (*there != *here) {
            return fail(std::errc::io_error,
                        fmt::format("the history of channel {} has {} entries and its copy {}, or "
                                    "they differ: the target was not empty, or the source changed",
                                    channel.value, there->entries, here->entries));
        }
        done += here->entries;
        progress(done, channel);
    }
    return done;
}

}  // namespace clamor::store
