// SPDX-License-Identifier: Apache-2.0
// Any bytes as what comes on a topic, as news of a node, and as who is where: something or nothing,
// and what was read reads the same after it was written again.
#include <string>

#include "base/check.h"
#include "bus/redis/envelope.h"
#include "bus/redis/url.h"
#include "hub/node_news.h"
#include "hub/shared_presence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto published = bus::redis::parse_published(bytes)) {
        const auto id = bus::redis::to_entry_id(published->position);
        CLAMOR_CHECK(bus::redis::parse_entry_id(id) == published->position, "an id survives");
        if (const auto envelope = bus::redis::decode_envelope(published->envelope)) {
            CLAMOR_CHECK(bus::redis::encode_envelope(*envelope) == published->envelope,
                         "an envelope survives");
        }
    }
    if (const auto news = hub::news::decode(bytes)) {
        const std::string again = hub::news::encode(*news);
        const auto twice = hub::news::decode(again);
        CLAMOR_CHECK(twice && hub::news::encode(*twice) == again, "news survive");
    }
    if (const auto present = hub::decode_present(bytes)) {
        const std::string again = hub::encode_present(*present);
        const auto twice = hub::decode_present(again);
        CLAMOR_CHECK(twice && hub::encode_present(*twice) == again, "presence survives");
    }
    if (const auto url = bus::redis::parse_url(bytes)) {
        CLAMOR_CHECK(!url->addresses.empty(), "an address names a server");
    }
    return 0;
}
