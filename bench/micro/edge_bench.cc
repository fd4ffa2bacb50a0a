// SPDX-License-Identifier: Apache-2.0
// What the IRC edge costs: a message line with all tags, a sealed batch, and one line of a client
// through a session.
#include <benchmark/benchmark.h>

#include "edge/irc/encoder.h"
#include "tests/fakes/irc_world.h"

namespace {

using namespace clamor;
using hub::Dialect;

chat::Event typical_message(bool reply) {
    chat::Message m;
    m.id = MessageId::from_random(1, 2);
    m.sent_at = wall_from_unix_ms(1790000000000);
    m.author_id = UserId(123456);
    m.author_login = "some_viewer";
    m.author_display_name = "Some_Viewer";
    m.author_color = "#8A2BE2";
    m.badges = {{"moderator", "1"}, {"subscriber", "12"}};
    m.badge_info = {{"subscriber", "14"}};
    m.author_role = chat::Role::moderator;
    m.subscriber = true;
    m.text = "that was the best Kappa play of the whole evening, Kappa well done";
    m.emotes = {{"25252525-0000-4000-8000-000000000025", 18, 22},
                {"25252525-0000-4000-8000-000000000025", 51, 55}};
    m.client_nonce = "0d1632f37b6baee51576859d5dbaf325";
    if (reply) {
        m.reply = chat::ReplyTo{.parent_id = m.id,
                                .parent_user_id = UserId(1001),
                                .parent_login = "alice",
                                .parent_display_name = "Alice",
                                .parent_text = m.text,
                                .thread_id = m.id,
                                .thread_user_id = UserId(1001),
                                .thread_login = "alice",
                                .thread_display_name = "Alice"};
    }
    return {.channel = ChannelId(1000),
            .channel_login = "dallas",
            .position = {.epoch = 1, .sequence = 9},
            .body = m};
}

void line(benchmark::State& state, bool reply, std::uint8_t bits) {
    const edge::irc::IrcEncoder encoder;
    const chat::Event event = typical_message(reply);
    std::string out;
    for (auto _ : state) {
        out.clear();
        encoder.append_lines(out, event, {bits});
        benchmark::DoNotOptimize(out.data());
    }
    state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK_CAPTURE(line, all_tags, false, Dialect::kTags);
BENCHMARK_CAPTURE(line, reply, true, Dialect::kTags);
BENCHMARK_CAPTURE(line, without_tags, false, std::uint8_t{0});

/// A batch of 20 lines, as a busy room flushes it.
void seal(benchmark::State& state, std::uint8_t bits) {
    const edge::irc::IrcEncoder encoder;
    std::string lines;
    for (int i = 0; i < 20; ++i)
        encoder.append_lines(lines, typical_message(false), {Dialect::kTags});
    for (auto _ : state) benchmark::DoNotOptimize(encoder.seal(lines, {bits}));
}
BENCHMARK_CAPTURE(seal, bare, Dialect::kTags);
BENCHMARK_CAPTURE(seal, websocket, Dialect::kTags | Dialect::kWebSocket);
BENCHMARK_CAPTURE(seal, deflate, Dialect::kTags | Dialect::kWebSocket | Dialect::kDeflate);

void ping(benchmark::State& state) {
    fakes::IrcWorld world;
    fakes::IrcClient client(world);
    client.log_in("alice");
    for (auto _ : state) {
        client.receive("PING :1507246572675\r\n");
        client.transport.text.clear();
        client.transport.writes.clear();
    }
}
BENCHMARK(ping);

/// From the bytes of a PRIVMSG to its echo, through session, hub, room, local bus and the log in
/// memory.
void privmsg_to_echo(benchmark::State& state) {
    fakes::IrcWorld world;
    fakes::IrcClient client(world);
    client.log_in("mona");
    std::uint64_t sent = 0;
    for (auto _ : state) {
        client.receive("@client-nonce=0d1632f37b6baee51576859d5dbaf325 PRIVMSG #dallas :hello " +
                       std::to_string(++sent) + "\r\n");
        world.cluster.run();
        client.transport.text.clear();
        client.transport.writes.clear();
        if (sent % 100 == 0) {
            state.PauseTiming();
            world.cluster.advance(std::chrono::seconds(31));
            state.ResumeTiming();
        }
    }
}
BENCHMARK(privmsg_to_echo)->Iterations(3000);

}  // namespace

BENCHMARK_MAIN();
