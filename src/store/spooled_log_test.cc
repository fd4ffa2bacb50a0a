// SPDX-License-Identifier: Apache-2.0
#include "store/spooled_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <unordered_map>

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
    static void append(SpooledLog& queue, StoredMessage message) {
        std::promise<void> durable;
        queue.append(std::move(message), [&] { durable.set_value(); });
        durable.get_future().get();
    }
    static void append(SpooledLog& queue, std::uint64_t sequence, ChannelId channel = kLobby) {
        append(queue, sample_message(channel, sequence));
    }
    /// Of which each fills a segment.
    static StoredMessage large_message(std::uint64_t sequence) {
        StoredMessage message = sample_message(kLobby, sequence);
        message.event = std::string(3000, 'x');
        return message;
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
    for (std::uint64_t i = 1; i <= 4; ++i) {
        queue->append(large_message(i), [&] { ++durable; });
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

TEST_F(SpooledLogTest, StopsAcceptingWhenTooMuchWaitsForTheSpool) {
    log.fail_appends(kDiskFull);
    auto small = options();
    small.writer.queue_max = 3;
    small.spool.bytes_max = 2 * 4096;
    auto queue = open(small);
    for (std::uint64_t i = 1; i <= 2; ++i) {
        StoredMessage filling = large_message(i);
        filling.event.resize(3900);
        append(*queue, filling);
    }
    queue->append(sample_message(kLobby, 3), {});
    queue->append(sample_message(kLobby, 4), {});
    EXPECT_TRUE(queue->accepting());
    queue->append(sample_message(kLobby, 5), {});
    EXPECT_FALSE(queue->accepting());
    EXPECT_EQ(queue->fullness(), 100);
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
    small.spool.bytes_max = 10 * 4096;
    log.fail_appends(kDiskFull);
    auto queue = open(small);
    EXPECT_EQ(queue->fullness(), 0);
    for (std::uint64_t i = 1; i <= 6; ++i) append(*queue, large_message(i));
    while (queue->fullness() != 60) std::this_thread::yield();
    EXPECT_TRUE(queue->accepting());
    EXPECT_GT(queue->writer().backlog_age().count(), -1);
    // The next process knows it before anything is said, and lets go without anything being said.
    queue.reset();
    small.write_left_later = true;
    queue = open(small);
    EXPECT_EQ(queue->fullness(), 60);
    log.fail_appends({});
    while (queue->fullness() != 0) std::this_thread::yield();
}

/// Asks that each channel's messages come in order, each once but for what a crash repeats.
class OrderedLog final : public MessageLog {
  public:
    explicit OrderedLog(MessageLog& log) : log_(log) {}
    Result<void> append(std::span<const StoredMessage> messages) override {
        if (messages.size() > takes) {
            ++refused;
            return fail(kDiskFull);
        }
        const auto written = log_.append(messages);
        if (!written) return written;
        takes -= messages.size();
        for (const StoredMessage& message : messages) {
            std::uint64_t& last = last_[message.channel];
            EXPECT_EQ(message.position.sequence, last + 1);
            last = message.position.sequence;
        }
        return written;
    }
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        return log_.read(query);
    }
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        return log_.find(channel, id);
    }
    Result<LastMessage> last(ChannelId channel) override { return log_.last(channel); }
    Result<bool> has_author(ChannelId channel, UserId author) override {
        return log_.has_author(channel, author);
    }
    Result<void> mark_deleted(std::span<const Deletion> deletions) override {
        return log_.mark_deleted(deletions);
    }
    Result<void> restore(ChannelId channel, MessageId by) override {
        return log_.restore(channel, by);
    }

    std::atomic<std::size_t> takes{1'000'000};  ///< messages; then its disk is full
    std::atomic<int> refused{0};

  private:
    MessageLog& log_;
    std::unordered_map<ChannelId, std::uint64_t> last_;
};

/// What waits for the log is more than the memory that it may have.
class SpooledBacklogTest : public SpooledLogTest {
  protected:
    SpooledBacklogTest() { log.fail_appends(kDiskFull); }

    SpooledLogOptions small() {
        auto small = options();
        small.writer.memory_max = 4000;
        small.writer.batch_max = 7;
        small.writer.commit_interval = 0us;
        small.group_max = 5;  // or one is a segment by itself
        small.write_left_later = true;
        return small;
    }
    std::unique_ptr<SpooledLog> open_ordered() {
        auto opened = SpooledLog::open(ordered_, small());
        EXPECT_TRUE(opened) << opened.error().to_string();
        return *std::move(opened);
    }
    /// Messages first to last, every tenth of which is deleted before the next one comes, and every
    /// twentieth restored again.
    void say(SpooledLog& queue, std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i <= last; ++i) {
            i == last ? append(queue, i) : queue.append(sample_message(kLobby, i), {});
            if (i % 10 == 0) queue.mark_deleted(deletion_of(i, i));
            if (i % 20 == 0) queue.restore(kLobby, MessageId::from_random(77, i));
        }
        while (queue.waiting() != 0) std::this_thread::yield();
    }
    void expect_all(std::uint64_t last) {
        std::vector<std::uint64_t> all, out_of_sight;
        for (std::uint64_t i = 1; i <= last; ++i) {
            all.push_back(i);
            if (i % 20 == 10) out_of_sight.push_back(i);
        }
        EXPECT_EQ(read(log), all);
        EXPECT_EQ(deleted(), out_of_sight);
    }
    static void await_all(const SpooledLog& queue) {
        while (queue.writer().waiting() != 0) std::this_thread::yield();
        EXPECT_EQ(queue.writer().counters().memory.value(), 0u);
    }
    std::size_t files() const {
        std::size_t files = 0;
        for (const auto& file : std::filesystem::directory_iterator(temp_.file("spool"))) {
            EXPECT_EQ(file.path().extension(), ".spool");
            ++files;
        }
        return files;
    }
    /// The bound, and what the entry that reaches it, or a segment that is read back, is beyond it.
    static constexpr std::size_t kMemory = 4000 + 3 * 4096;

    OrderedLog ordered_{log};
};

TEST_F(SpooledBacklogTest, IsInTheSpoolOnlyAndReadFromThereInOrder) {
    const auto queue = open_ordered();
    say(*queue, 1, 500);
    append(*queue, 1, kMusic);
    EXPECT_TRUE(queue->accepting());
    EXPECT_EQ(queue->writer().waiting(), 500u + 50 + 25 + 1);
    EXPECT_LE(queue->writer().counters().memory.value(), kMemory);
    EXPECT_EQ(queue->last_waiting(kLobby).sequence, 500u);
    EXPECT_EQ(queue->last_waiting(kMusic).sequence, 1u);
    EXPECT_GE(queue->writer().backlog_age().count(), 0);
    EXPECT_EQ(queue->writer().counters().read_back.value(), 0u);
    log.fail_appends({});
    await_all(*queue);
    expect_all(500);
    EXPECT_EQ(queue->last_waiting(kLobby).sequence, 0u);
    EXPECT_EQ(queue->last_waiting(kMusic).sequence, 0u);
    EXPECT_EQ(queue->writer().backlog_age().count(), 0);
    EXPECT_GT(queue->writer().counters().read_back.value(), 400u);
    // From then on nothing goes that way any more, and the files are used again.
    const auto before = queue->writer().counters().read_back.value();
    append(*queue, 501);
    append(*queue, 502);
    await_all(*queue);
    EXPECT_EQ(queue->writer().counters().read_back.value(), before);
    EXPECT_LE(files(), 4u);
}

TEST_F(SpooledBacklogTest, IsTakenUpByTheNextProcessWithTheSameMemory) {
    for (std::uint64_t life = 0; life < 3; ++life) {
        const auto queue = open_ordered();
        EXPECT_EQ(queue->last_waiting(kLobby).sequence, life * 200);
        EXPECT_EQ(queue->writer().waiting(), life * 230);
        say(*queue, life * 200 + 1, life * 200 + 200);
        EXPECT_LE(queue->writer().counters().memory.value(), kMemory);
    }
    EXPECT_THAT(read(log), IsEmpty());
    {
        const auto queue = open_ordered();
        EXPECT_LE(queue->writer().counters().memory.value(), kMemory);
        log.fail_appends({});
        say(*queue, 601, 640);
        await_all(*queue);
        EXPECT_THAT(read(queue->log()).size(), 640u);
    }
    expect_all(640);
    EXPECT_EQ(open_ordered()->writer().waiting(), 0u) << "nothing is left";
    EXPECT_LE(files(), 4u);
}

TEST_F(SpooledBacklogTest, KeepsTheOrderOfWhatComesWhileItIsReadBack) {
    const auto queue = open_ordered();
    say(*queue, 1, 300);
    log.fail_appends({});
    say(*queue, 301, 1500);
    await_all(*queue);
    expect_all(1500);
}

TEST_F(SpooledBacklogTest, StaysInTheSpoolWhereTheLogFailsHalfWay) {
    {
        const auto queue = open_ordered();
        say(*queue, 1, 400);
        ordered_.takes = 150;
        log.fail_appends({});
        while (ordered_.refused == 0) std::this_thread::yield();
    }
    EXPECT_LE(read(log).size(), 150u);
    EXPECT_GT(read(log).size(), 100u);
    {
        // The log knows again what it had of the last segment.
        auto queue = open(small());
        log.fail_appends({});
        await_all(*queue);
        append(*queue, 401);
    }
    EXPECT_EQ(read(log).size(), 401u);
}

TEST_F(SpooledBacklogTest, IsWrittenBeforeTheStartWhereThatIsAsked) {
    say(*open_ordered(), 1, 400);
    log.fail_appends({});
    auto before = small();
    before.write_left_later = false;
    const auto queue = open(before);
    expect_all(400);
    EXPECT_EQ(queue->writer().waiting(), 0u);
    append(*queue, 401);
    await_all(*queue);
    EXPECT_EQ(read(log).size(), 401u);
}

TEST_F(SpooledBacklogTest, GoesOnPastWhatTheDiskHasLostOfIt) {
    const auto queue = open(small());
    say(*queue, 1, 300);
    std::vector<std::filesystem::path> paths;
    for (const auto& file : std::filesystem::directory_iterator(temp_.file("spool")))
        paths.push_back(file.path());
    std::ranges::sort(paths);
    ASSERT_GT(paths.size(), 5u);
    std::ofstream(paths[4], std::ios::binary) << std::string(4096, 'x');
    log.fail_appends({});
    await_all(*queue);
    EXPECT_EQ(queue->last_waiting(kLobby).sequence, 0u);
    const auto there = read(log);
    EXPECT_GT(there.size(), 200u);
    EXPECT_LT(there.size(), 300u);
    EXPECT_EQ(there.back(), 300u);
    append(*queue, 301);
    await_all(*queue);
    append(*queue, 302);
    EXPECT_TRUE(std::filesystem::exists(paths[4].string() + ".damaged"));
}

}  // namespace
}  // namespace clamor::store
