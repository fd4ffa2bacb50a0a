// SPDX-License-Identifier: Apache-2.0
#include "store/log_writer.h"

#include <future>
#include <memory>
#include <semaphore>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_message_log.h"
#include "store/message_log_contract.h"

namespace clamor::store {
namespace {

using namespace std::chrono_literals;

const ChannelId kLobby{1000};
const std::error_code kDiskFull = std::make_error_code(std::errc::no_space_on_device);

/// The memory log with a gate before each append, so that a test decides when a commit ends.
class GatedLog final : public MessageLog {
  public:
    Result<void> append(std::span<const StoredMessage> messages) override {
        batch_sizes.push_back(messages.size());
        entered.release();
        gate.acquire();
        return kept.append(messages);
    }
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        return kept.read(query);
    }
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        return kept.find(channel, id);
    }
    Result<LastMessage> last(ChannelId channel) override { return kept.last(channel); }
    Result<bool> has_author(ChannelId channel, UserId author) override {
        return kept.has_author(channel, author);
    }
    Result<void> mark_deleted(std::span<const Deletion> deletions) override {
        deletion_counts.push_back(deletions.size());
        return kept.mark_deleted(deletions);
    }
    Result<void> restore(ChannelId channel, MessageId by) override {
        return kept.restore(channel, by);
    }

    MemoryMessageLog kept;
    std::counting_semaphore<> entered{0};
    std::counting_semaphore<> gate{0};
    std::vector<std::size_t> batch_sizes;
    std::vector<std::size_t> deletion_counts;
};

LogWriterOptions quick() {
    LogWriterOptions options;
    options.commit_interval = 0us;
    options.retry_pause_min = 1ms;
    options.retry_pause_max = 2ms;
    return options;
}

void append(LogWriter& writer, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i <= last; ++i) writer.append(sample_message(kLobby, i), Task());
}

TEST(LogWriter, RunsTheTaskOfAMessageOnceItIsInTheLog) {
    MemoryMessageLog log;
    LogWriter writer(log, quick());
    std::promise<std::size_t> stored;
    writer.append(sample_message(kLobby, 1),
                  [&] { stored.set_value(log.read({.channel = kLobby}).value().size()); });
    EXPECT_EQ(stored.get_future().get(), 1u);
}

TEST(LogWriter, MakesOneBatchOfAllThatCameDuringACommit) {
    GatedLog log;
    {
        LogWriter writer(log, quick());
        append(writer, 1, 1);
        log.entered.acquire();
        append(writer, 2, 9);
        log.gate.release(1);
        log.entered.acquire();
        EXPECT_EQ(writer.counters().batches.value(), 1u);
        log.gate.release(1);
    }
    EXPECT_THAT(log.batch_sizes, testing::ElementsAre(1, 8));
    EXPECT_EQ(sequences_of(log.read({.channel = kLobby}).value()).size(), 9u);
}

TEST(LogWriter, WritesNoLargerBatchThanItsBound) {
    GatedLog log;
    {
        auto options = quick();
        options.batch_max = 3;
        LogWriter writer(log, options);
        append(writer, 1, 1);
        log.entered.acquire();
        append(writer, 2, 8);
        log.gate.release(4);
    }
    EXPECT_THAT(log.batch_sizes, testing::ElementsAre(1, 3, 3, 1));
}

TEST(LogWriter, StopsAcceptingAtItsBoundButTakesWhatComes) {
    GatedLog log;
    auto options = quick();
    options.queue_max = 3;
    LogWriter writer(log, options);
    append(writer, 1, 1);
    log.entered.acquire();
    EXPECT_TRUE(writer.accepting());
    append(writer, 2, 3);
    EXPECT_FALSE(writer.accepting());
    append(writer, 4, 4);
    EXPECT_EQ(writer.waiting(), 4u);
    log.gate.release(2);
    std::promise<void> stored;
    writer.append(sample_message(kLobby, 5), [&] { stored.set_value(); });
    log.gate.release(1);
    stored.get_future().get();
    EXPECT_TRUE(writer.accepting());
    EXPECT_EQ(writer.waiting(), 0u);
}

TEST(LogWriter, KnowsTheLastWaitingPositionUntilItIsInTheLog) {
    GatedLog log;
    LogWriter writer(log, quick());
    EXPECT_EQ(writer.last_waiting(kLobby), Position{});
    append(writer, 1, 1);
    log.entered.acquire();
    append(writer, 2, 2);
    EXPECT_EQ(writer.last_waiting(kLobby), sample_message(kLobby, 2).position);
    log.gate.release(1);
    log.entered.acquire();
    EXPECT_EQ(writer.last_waiting(kLobby).sequence, 2u);
    std::promise<Position> waiting;
    writer.append(sample_message(ChannelId{1001}, 1),
                  [&] { waiting.set_value(writer.last_waiting(kLobby)); });
    log.gate.release(2);
    EXPECT_EQ(waiting.get_future().get(), Position{});
    EXPECT_EQ(log.last(kLobby).value().position.sequence, 2u);
}

TEST(LogWriter, KeepsEverythingWhileTheDiskFailsAndWritesItInOrderAfterwards) {
    MemoryMessageLog log;
    log.fail_appends(kDiskFull);
    LogWriter writer(log, quick());
    std::atomic<int> told{0};
    std::promise<void> all_told;
    for (std::uint64_t i = 1; i <= 100; ++i) {
        writer.append(sample_message(kLobby, i), [&] {
            if (++told == 100) all_told.set_value();
        });
    }
    while (writer.counters().failures.value() < 3) std::this_thread::yield();
    EXPECT_TRUE(writer.degraded());
    EXPECT_EQ(writer.waiting(), 100u);
    EXPECT_EQ(told, 0);
    EXPECT_TRUE(log.read({.channel = kLobby}).value().empty());

    log.fail_appends({});
    all_told.get_future().get();
    EXPECT_FALSE(writer.degraded());
    EXPECT_EQ(writer.counters().appended.value(), 100u);
    EXPECT_EQ(log.read({.channel = kLobby, .limit = 1000}).value().size(), 100u);
}

Deletion deletion_of(std::uint64_t sequence) {
    return {.channel = kLobby,
            .by = MessageId::from_random(77, sequence),
            .ids = {sample_message(kLobby, sequence).id}};
}

std::vector<std::uint64_t> deleted_in(MessageLog& log) {
    std::vector<std::uint64_t> sequences;
    const auto read = log.read({.channel = kLobby}).value();
    for (const StoredMessage& message : read) {
        if (message.deleted) sequences.push_back(message.position.sequence);
    }
    return sequences;
}

TEST(LogWriter, WritesAWaitingMessageBeforeItMarksIt) {
    GatedLog log;
    {
        LogWriter writer(log, quick());
        append(writer, 1, 1);
        log.entered.acquire();
        append(writer, 2, 3);
        writer.mark_deleted(deletion_of(3));
        writer.mark_deleted(deletion_of(1));
        append(writer, 4, 4);
        EXPECT_EQ(writer.waiting(), 6u);
        log.gate.release(2);
    }
    EXPECT_THAT(log.batch_sizes, testing::ElementsAre(1, 3));
    EXPECT_THAT(log.deletion_counts, testing::ElementsAre(2));
    EXPECT_THAT(deleted_in(log), testing::ElementsAre(1, 3));
}

TEST(LogWriter, NeverLetsADeletionReachWhatWasAppendedAfterIt) {
    GatedLog log;
    {
        LogWriter writer(log, quick());
        append(writer, 1, 1);
        log.entered.acquire();
        append(writer, 2, 2);
        writer.mark_deleted({.channel = kLobby,
                             .by = MessageId::from_random(77, 1),
                             .up_to_sequence = ~std::uint64_t{0}});
        append(writer, 3, 3);
        log.gate.release(3);
    }
    EXPECT_THAT(log.batch_sizes, testing::ElementsAre(1, 1, 1));
    EXPECT_THAT(deleted_in(log), testing::ElementsAre(1, 2));
}

TEST(LogWriter, RestoresInTheOrderOfTheCalls) {
    GatedLog log;
    {
        LogWriter writer(log, quick());
        append(writer, 1, 1);
        log.entered.acquire();
        append(writer, 2, 3);
        writer.mark_deleted(deletion_of(1));
        writer.mark_deleted(deletion_of(2));
        writer.restore(kLobby, MessageId::from_random(77, 1));
        writer.restore(kLobby, MessageId::from_random(77, 2));
        writer.mark_deleted(deletion_of(2));
        EXPECT_EQ(writer.waiting(), 8u);
        log.gate.release(2);
    }
    EXPECT_THAT(deleted_in(log), testing::ElementsAre(2));
}

TEST(LogWriter, KeepsDeletionsWhileTheDiskFails) {
    MemoryMessageLog log;
    LogWriter writer(log, quick());
    std::promise<void> stored;
    writer.append(sample_message(kLobby, 1), [&] { stored.set_value(); });
    stored.get_future().get();
    log.fail_appends(kDiskFull);
    writer.mark_deleted(deletion_of(1));
    while (writer.counters().failures.value() < 2) std::this_thread::yield();
    EXPECT_TRUE(writer.degraded());
    EXPECT_EQ(writer.waiting(), 1u);
    EXPECT_TRUE(deleted_in(log).empty());
    log.fail_appends({});
    while (writer.waiting() != 0) std::this_thread::yield();
    EXPECT_FALSE(writer.degraded());
    EXPECT_THAT(deleted_in(log), testing::ElementsAre(1));
}

TEST(LogWriter, CountsDeletionsInItsBoundAndTakesThemBeyondIt) {
    GatedLog log;
    auto options = quick();
    options.queue_max = 2;
    {
        LogWriter writer(log, options);
        append(writer, 1, 1);
        log.entered.acquire();
        EXPECT_TRUE(writer.accepting());
        writer.mark_deleted(deletion_of(1));
        EXPECT_FALSE(writer.accepting());
        writer.mark_deleted(deletion_of(1));
        EXPECT_EQ(writer.waiting(), 3u);
        log.gate.release(1);
        while (writer.waiting() != 0) std::this_thread::yield();
        EXPECT_TRUE(writer.accepting());
    }
    EXPECT_THAT(deleted_in(log), testing::ElementsAre(1));
}

TEST(LogWriter, WritesWhatIsLeftWhenItStops) {
    MemoryMessageLog log;
    {
        LogWriter writer(log, quick());
        append(writer, 1, 5000);
    }
    EXPECT_EQ(log.last(kLobby).value().position.sequence, 5000u);
    EXPECT_EQ(log.read({.channel = kLobby, .limit = 10000}).value().size(), 5000u);
}

TEST(LogWriter, GivesUpAfterTheStopTimeoutWhenTheDiskKeepsFailing) {
    MemoryMessageLog log;
    log.fail_appends(kDiskFull);
    std::atomic<int> told{0};
    {
        auto options = quick();
        options.stop_timeout = 20ms;
        LogWriter writer(log, options);
        for (std::uint64_t i = 1; i <= 3; ++i)
            writer.append(sample_message(kLobby, i), [&] { ++told; });
    }
    EXPECT_EQ(told, 0);
    EXPECT_TRUE(log.read({.channel = kLobby}).value().empty());
}

TEST(LogWriter, TakesMessagesFromManyThreads) {
    MemoryMessageLog log;
    {
        LogWriter writer(log, quick());
        std::vector<std::thread> threads;
        for (std::uint64_t t = 0; t < 4; ++t) {
            threads.emplace_back([&writer, t] {
                for (std::uint64_t i = 1; i <= 500; ++i)
                    writer.append(sample_message(ChannelId{2000 + t}, i), Task());
            });
        }
        for (auto& thread : threads) thread.join();
    }
    for (std::uint64_t t = 0; t < 4; ++t) {
        EXPECT_EQ(log.read({.channel = ChannelId{2000 + t}, .limit = 1000}).value().size(), 500u);
    }
}

}  // namespace
}  // namespace clamor::store
