// SPDX-License-Identifier: Apache-2.0
// Any bytes from a client, in pieces of any size, to a session on a whole node, while somebody else
// listens: every line that comes out is whole, and a session that was not closed still answers.
#include "tests/fakes/irc_world.h"

namespace {

using clamor::fakes::IrcClient;
using clamor::fakes::IrcWorld;

void check_lines(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        CLAMOR_CHECK(text[i] != '\0', "NUL is never sent");
        if (text[i] == '\r')
            CLAMOR_CHECK(i + 1 < text.size() && text[i + 1] == '\n', "CR only ends a line");
        if (text[i] == '\n') CLAMOR_CHECK(i > 0 && text[i - 1] == '\r', "LF only ends a line");
    }
    CLAMOR_CHECK(text.empty() || text.ends_with("\r\n"), "what is sent is whole lines");
}

}  // namespace

/// The first byte says how the session starts (bits: logged in as a moderator, WebSocket,
/// authentication is slow), the second how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    IrcWorld world;
    IrcClient listener(world);
    listener.log_in("bob").send("JOIN #dallas");
    IrcClient client(world, (data[0] & 2) != 0);
    if ((data[0] & 1) != 0) client.log_in("mona");
    world.authenticator.held = (data[0] & 4) != 0;
    world.log_queue.held = (data[0] & 8) != 0;

    const std::size_t piece = data[1] + std::size_t{1};
    std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    for (std::size_t pieces = 0; !bytes.empty(); ++pieces) {
        client.receive(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        if (pieces % 4 == 3) world.cluster.run();
    }
    world.authenticator.held = false;
    world.authenticator.answer();
    world.log_queue.held = false;
    world.log_queue.write();
    world.cluster.run();
    check_lines(client.take());
    check_lines(listener.take());
    if (!client.session->closed()) {
        client.send("\r\nPING :still here");
        world.cluster.advance(std::chrono::milliseconds(60));
        CLAMOR_CHECK(client.session->closed() ||
                         client.take().ends_with("PONG tmi.twitch.tv :still here\r\n"),
                     "a session that is not closed answers");
    }
    return 0;
}
