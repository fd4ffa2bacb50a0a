// SPDX-License-Identifier: Apache-2.0
#include "store/spooled_log.h"

#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_message_log.h"
#include "store/message_log_contract.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ChannelId kLobby{1000};
const ChannelId kMusic{1001};
const std::error_code kDiskFull = std::make_error_code(std::errc::no_space_on_device);

class SpooledLogTest : public ::testing::Test {
  protected:
    SpooledLogOptions options() {
        SpooledLogOptions options;
        options.spool = {.folder = temp_.file("spool"), .segment_bytes = 4096};
        options.interval = 0us;
        options.retry_pause_min = 1ms;
        options.retry_pause_max = 2ms;
        options.stop_timeout = 20ms;
        options.writer.retry_pause_min = 1ms;
        options.writer.retry_pause_max = 2ms;
        options.writer.stop_timeout = 20ms;
        return options;
    }
    std::unique_ptr<SpooledLog> open(const SpooledLogOptions& options) {
        auto opened = SpooledLog::open(log, options);
        EXPECT_TRUE(opened) << opened.error().to_string();
        return *std::move(opened);
    }
    /// Returns once the message is durable.
    static void append(SpooledLog& queue, std::uint64_t sequence, ChannelId channel = kLobby) {
        std::promise<void> durable;
        queue.append(sample_message(channel, sequence), [&] { durable.set_value(); });
        durable.get_future().get();
    }
    static std::vector<std::uint64_t> read(MessageLog& from) {
        return sequences_of(from.read({.channel = kLobby, .limit = 10000}).value());
    }
    std::vector<std::uint64_t> deleted() {
        std::vector<std::uint64_t> sequences;
        const auto read = log.read({.channel = kLobby, .limit = 10000}).value();
        for (const StoredMessage& message : read) {
            if (message.deleted) sequences.push_back(message.position.sequence);
        }
        return sequences;
    }
    static Deletion deletion_of(std::uint64_t sequence, std::uint64_t act) {
        return {.channel = kLobby,
                .by = MessageId::from_random(77, act),
                .ids = {sample_message(kLobby, sequence).id}};
    }

    TempFolder temp_;
    MemoryMessageLog log;
};

TEST_F(SpooledLogTest, IsDurableBeforeTheLogHasIt) {
    log.fail_appends(kDiskFull);
    auto queue = open(options());
    append(*queue, 1);
    append(*queue, 2);
    EXPECT_THAT(read(log), IsEmpty());
    EXPECT_FALSE(queue->degraded());
    EXPECT_EQ(queue->counters().appended.value(), 2u);
    log.fail_appends({});
    queue.reset();
    EXPECT_THAT(read(log), ElementsAre(1, 2));
}

TEST_F(SpooledLogTest, IsTakenUpByTheNextProcessWhereTheLogNeverHadIt) {
    log.fail_appends(kDiskFull);
    auto queue = open(options());
    for (std::uint64_t i = 1; i <= 3; ++i) append(*queue, i);
    queue->mark_deleted(deletion_of(1, 1));
    queue->mark_deleted(deletion_of(2, 2));
    queue->restore(kLobby, MessageId::from_random(77, 1));
    append(*queue, 4);
    queue.reset();  // the log keeps failing, and the writer gives up
    EXPECT_THAT(read(log), IsEmpty());
    log.fail_appends({});
    queue = open(options());
    EXPECT_THAT(read(log), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(deleted(), ElementsAre(2));
    // And only once.
    append(*queue, 5);
    queue.reset();
    open(options());
    EXPECT_THAT(read(log), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(SpooledLogTest, CannotBeOpenedWhileTheLogTakesNotWhatIsLeft) {
    log.fail_appends(kDiskFull);
    auto queue = open(options());
    append(*queue, 1);
    queue.reset();
    EXPECT_FALSE(SpooledLog::open(log, options()));
    log.fail_appends({});
    open(options());
    EXPECT_THAT(read(log), ElementsAre(1));
}

TEST_F(SpooledLogTest, OpensPastALeftEntryWhosePlaceIsTaken) {
    log.fail_appends(kDiskFull);
    auto queue = open(options());
    for (std::uint64_t i = 1; i <= 3; ++i) append(*queue, i);
    queue.reset();
    log.fail_appends({});
    StoredMessage other = sample_message(kLobby, 2);
    other.id = MessageId::from_random(77, 1);
    ASSERT_TRUE(log.append({&other, 1}));
    auto set_aside = options();
    set_aside.writer.refused_path = temp_.file("refused.jsonl");
    queue = open(set_aside);
    EXPECT_THAT(read(log), ElementsAre(1, 2, 3));
    EXPECT_EQ(queue->writer().refused().count().value(), 1u);
    queue.reset();
    EXPECT_GT(std::filesystem::file_size(set_aside.writer.refused_path), 0u);
    // And is not met again.
    EXPECT_EQ(open(set_aside)->writer().refused().count().value(), 0u);
}

TEST_F(SpooledLogTest, ReadersSeeWhatWasAppendedBefore) {
    auto slow = options();
    slow.writer.commit_interval = 1h;
    auto queue = open(slow);
    append(*queue, 1);
    EXPECT_THAT(read(queue->log()), ElementsAre(1));  // the first commit is at once in any case
    append(*queue, 2);
    queue->append(sample_message(kLobby, 3), {});
    EXPECT_THAT(read(queue->log()), ElementsAre(1, 2, 3));
    queue->mark_deleted(deletion_of(2, 1));
    const auto found = queue->log().find(kLobby, sample_message(kLobby, 2).id).value();
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->deleted);
    append(*queue, 4);
    EXPECT_THAT(read(queue->log()), ElementsAre(1, 2, 3, 4));
    EXPECT_FALSE(queue->log().append({}));
}

TEST_F(SpooledLogTest, RoomsThatLoadFactsDoNotWait) {
    auto slow = options();
    slow.writer.commit_interval = 1h;
    auto queue = open(slow);
    append(*queue, 1);
    while (queue->writer().waiting() != 0) std::this_thread::yield();
    append(*queue, 2);
    EXPECT_EQ(queue->log().last(kLobby).value().position.sequence, 1u);
    EXPECT_TRUE(queue->log().has_author(kLobby, sample_message(kLobby, 1).author).value());
    EXPECT_EQ(queue->last_waiting(kLobby).sequence, 2u);
}

TEST_F(SpooledLogTest, ReadersDoNotWaitForALogThatFails) {
    auto queue = open(options());
    append(*queue, 1);
    EXPECT_THAT(read(queue->log()), ElementsAre(1));
    log.fail_appends(kDiskFull);
    append(*queue, 2);
    while (!queue->writer().degraded()) std::this_thread::yield();
    EXPECT_THAT(read(queue->log()), ElementsAre(1));
    log.fail_appends({});
}

TEST_F(SpooledLogTest, KnowsTheLastPositionThatIsNotInTheLog) {
    log.fail_appends(kDiskFull);
    auto queue = open(options());
    EXPECT_EQ(queue->last_waiting(kLobby), Position{});
    append(*queue, 1);
    append(*queue, 7, kMusic);
    append(*queue, 2);
    EXPECT_EQ(queue->last_waiting(kLobby), sample_message(kLobby, 2).position);
    EXPECT_EQ(queue->last_waiting(kMusic), sample_message(kMusic, 7).position);
    log.fail_appends({});
    while (queue->writer().waiting() != 0) std::this_thread::yield();
    EXPECT_EQ(queue->last_waiting(kLobby), Position{});
}

TEST_F(SpooledLogTest, WaitsWhileTheSpoolIsAtItsBoundAndGoesOnWhenTheLogHasTaken) {
    log.fail_appends(kDiskFull);
    auto small = options();
    small.spool.bytes_max = 2 * 4096;
    auto queue = open(small);
    std::atomic<int> durable{0};
    StoredMessage message = sample_message(kLobby, 1);
    message.event = std::string(3000, 'x');
    for (std::uint64_t i = 1; i <= 4; ++i) {
        message.id = MessageId::from_random(kLobby.value, i);
        message.position.sequence = i;
        queue->append(message, [&] { ++durable; });
        while (durable == static_cast<int>(i) - 1 && !queue->degraded()) std::this_thread::yield();
    }
    EXPECT_TRUE(queue->degraded());
    EXPECT_LT(durable, 4);
    EXPECT_GT(queue->waiting(), 0u);
    log.fail_appends({});
    while (durable != 4) std::this_thread::yield();
    EXPECT_FALSE(queue->degraded());
    EXPECT_THAT(read(queue->log()), ElementsAre(1, 2, 3, 4));
}

TEST_F(SpooledLogTest, StopsAcceptingWhenTooMuchWaitsForEither) {
    log.fail_appends(kDiskFull);
    auto small = options();
    small.writer.queue_max = 3;
    auto queue = open(small);
    append(*queue, 1);
    append(*queue, 2);
    EXPECT_TRUE(queue->accepting());
    append(*queue, 3);
    EXPECT_FALSE(queue->accepting());
    log.fail_appends({});
    while (!queue->accepting()) std::this_thread::yield();
}

TEST_F(SpooledLogTest, TakesEntriesFromManyThreadsAndFlushesThemInGroups) {
    auto grouped = options();
    grouped.interval = 2ms;
    auto queue = open(grouped);
    std::atomic<int> durable{0};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint64_t i = 1; i <= 500; ++i)
                queue->append(sample_message(ChannelId{2000 + t}, i), [&] { ++durable; });
        });
    }
    for (auto& thread : threads) thread.join();
    queue->mark_deleted(deletion_of(1, 1));
    while (durable != 2000) std::this_thread::yield();
    EXPECT_LT(queue->counters().commits.value(), 500u);
    queue.reset();
    for (std::uint64_t t = 0; t < 4; ++t)
        EXPECT_EQ(log.read({.channel = ChannelId{2000 + t}, .limit = 1000}).value().size(), 500u);
}

TEST_F(SpooledLogTest, LeavesAnEntryOfAnotherVersionInTheLogAlone) {
    {
        auto spool = Spool::open({.folder = temp_.file("spool")}, [](std::string_view) {});
        ASSERT_TRUE(spool);
        std::string good;
        encode_log_entry(sample_message(kLobby, 1), good);
        const std::vector<std::string> records{"\x09unknown", good};
        ASSERT_TRUE((*spool)->append(records));
    }
    open(options());
    EXPECT_THAT(read(log), ElementsAre(1));
}

TEST_F(SpooledLogTest, TakesUpWhatWasLeftBehindTheStartWhereTheLogMayBeAway) {
    auto away = options();
    away.write_left_later = true;
    for (std::uint64_t life = 0; life < 3; ++life) {
        // Each process ends while the log is away, with entries of those before in the spool.
        log.fail_appends(kDiskFull);
        const auto queue = open(away);
        EXPECT_EQ(queue->last_waiting(kLobby).sequence, life * 2);
        append(*queue, life * 2 + 1);
        append(*queue, life * 2 + 2);
    }
    EXPECT_THAT(read(log), IsEmpty());
    {
        log.fail_appends({});
        const auto queue = open(away);
        append(*queue, 7);
    }
    EXPECT_THAT(read(log), ElementsAre(1, 2, 3, 4, 5, 6, 7));
    const auto last = open(away);
    EXPECT_EQ(last->last_waiting(kLobby).sequence, 0u) << "nothing is left";
    for (const auto& file : std::filesystem::directory_iterator(temp_.file("spool")))
        EXPECT_NE(file.path().extension(), ".damaged");
}

TEST_F(SpooledLogTest, TellsHowFullItIs) {
    auto small = options();
    small.writer.queue_max = 10;
    log.fail_appends(kDiskFull);
    const auto queue = open(small);
    EXPECT_EQ(queue->fullness(), 0);
    for (std::uint64_t i = 1; i <= 6; ++i) append(*queue, i);
    EXPECT_EQ(queue->fullness(), 60);
    EXPECT_TRUE(queue->accepting());
    for (std::uint64_t i = 7; i <= 10; ++i) append(*queue, i);
    EXPECT_EQ(queue->fullness(), 100);
    EXPECT_FALSE(queue->accepting());
    EXPECT_GT(queue->writer().backlog_age().count(), -1);
}

}  // namespace
}  // namespace clamor::store
