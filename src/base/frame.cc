// SPDX-License-Identifier: Apache-2.0
#include "base/frame.h"

#include <cstring>
#include <limits>
#include <new>

#include "base/check.h"

namespace clamor {

Frame Frame::concat(std::string_view head, std::string_view body) {
    const std::size_t size = head.size() + body.size();
    CLAMOR_CHECK(size <= std::numeric_limits<std::uint32_t>::max(), "a frame is far below 4 GiB");
    void* memory = ::operator new(sizeof(Block) + size);
    auto* block = new (memory) Block{1, static_cast<std::uint32_t>(size)};
    char* bytes = reinterpret_cast<char*>(block + 1);
    if (!head.empty()) std::memcpy(bytes, head.data(), head.size());
    if (!body.empty()) std::memcpy(bytes + head.size(), body.data(), body.size());
    Frame frame;
    frame.block_ = block;
    return frame;
}

void Frame::destroy(Block* block) {
    block->~Block();
    ::operator delete(block);
}

}  // namespace clamor
