// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/message_log.h"
#include "store/spooled_log.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {

/// A message for tests: everything about it follows from its place.
inline StoredMessage sample_message(ChannelId channel, std::uint64_t sequence,
                                    UserId author = UserId{2000}) {
    return {.channel = channel,
            .position = {.epoch = 3, .sequence = sequence},
            .id = MessageId::from_random(channel.value, sequence),
            .sent_at = wall_from_unix_ms(1700000000000 + static_cast<std::int64_t>(sequence) * 10),
            .author = author,
            .event = "event " + std::to_string(sequence),
            .deleted = false};
}

inline std::vector<StoredMessage> sample_messages(ChannelId channel, std::uint64_t first,
                                                  std::uint64_t last) {
    std::vector<StoredMessage> messages;
    for (std::uint64_t i = first; i <= last; ++i) messages.push_back(sample_message(channel, i));
    return messages;
}

inline std::vector<std::uint64_t> sequences_of(const std::vector<StoredMessage>& messages) {
    std::vector<std::uint64_t> sequences;
    for (const StoredMessage& message : messages) sequences.push_back(message.position.sequence);
    return sequences;
}

/// What every message log has to do. `Fixture` is default-constructible and has `MessageLog&
/// log()`, empty at first.
template <class Fixture>
class MessageLogContract : public testing::Test {
  protected:
    MessageLog& log() { return fixture_.log(); }

    std::vector<std::uint64_t> read(HistoryQuery query) {
        query.channel = lobby_;
        return sequences_of(log().read(query).value());
    }
    /// The sequences of the channel's entries that are out of sight.
    std::vector<std::uint64_t> deleted(ChannelId channel) {
        std::vector<std::uint64_t> sequences;
        const auto read = log().read({.channel = channel}).value();
        for (const StoredMessage& message : read) {
            if (message.deleted) sequences.push_back(message.position.sequence);
            EXPECT_EQ(log().find(channel, message.id).value()->deleted, message.deleted);
        }
        return sequences;
    }
    void mark(const Deletion& deletion) { ASSERT_TRUE(log().mark_deleted({&deletion, 1})); }
    static MessageId act(std::uint64_t number) { return MessageId::from_random(77, number); }

    Fixture fixture_;
    const ChannelId lobby_{1000};
    const ChannelId music_{1001};
};

TYPED_TEST_SUITE_P(MessageLogContract);

TYPED_TEST_P(MessageLogContract, GivesBackWhatItTook) {
    StoredMessage message = sample_message(this->lobby_, 7);
    message.event = std::string("\0'\"\xff\r\n; DROP TABLE messages", 28);
    ASSERT_TRUE(this->log().append({&message, 1}));
    const auto read = this->log().read({.channel = this->lobby_}).value();
    ASSERT_EQ(read.size(), 1u);
    const auto found = this->log().find(this->lobby_, message.id).value();
    ASSERT_TRUE(found);
    for (const StoredMessage& back : {read[0], *found}) {
        EXPECT_EQ(back.channel, message.channel);
        EXPECT_EQ(back.position, message.position);
        EXPECT_EQ(back.id, message.id);
        EXPECT_EQ(back.sent_at, message.sent_at);
        EXPECT_EQ(back.author, message.author);
        EXPECT_EQ(back.event, message.event);
        EXPECT_FALSE(back.deleted);
    }
}

TYPED_TEST_P(MessageLogContract, TakesEmptyAndVeryLargeEvents) {
    std::vector<StoredMessage> messages = sample_messages(this->lobby_, 1, 2);
    messages[0].event.clear();
    messages[1].event = std::string(1 << 20, 'x');
    ASSERT_TRUE(this->log().append(messages));
    const auto read = this->log().read({.channel = this->lobby_}).value();
    ASSERT_EQ(read.size(), 2u);
    EXPECT_TRUE(read[0].event.empty());
    EXPECT_EQ(read[1].event, messages[1].event);
    EXPECT_TRUE(this->log().append({}));
}

TYPED_TEST_P(MessageLogContract, KeepsChannelsApart) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 3)));
    ASSERT_TRUE(this->log().append(sample_messages(this->music_, 1, 2)));
    EXPECT_EQ(this->log().read({.channel = this->music_}).value().size(), 2u);
    EXPECT_EQ(this->log().last(this->lobby_).value().position,
              (Position{.epoch = 3, .sequence = 3}));
    EXPECT_EQ(this->log().last(this->music_).value().position.sequence, 2u);
    EXPECT_EQ(this->log().last(ChannelId{5}).value().position, Position{});
    EXPECT_FALSE(this->log().find(this->music_, sample_message(this->lobby_, 1).id).value());
    EXPECT_TRUE(this->log().read({.channel = ChannelId{5}}).value().empty());
}

TYPED_TEST_P(MessageLogContract, ReadsTheNewestOfARangeInAscendingOrder) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 20)));
    using testing::ElementsAre;
    EXPECT_THAT(this->read({.limit = 3}), ElementsAre(18, 19, 20));
    EXPECT_THAT(this->read({.before_sequence = 10, .limit = 3}), ElementsAre(7, 8, 9));
    EXPECT_THAT(this->read({.after_sequence = 10, .before_sequence = 15, .limit = 2}),
                ElementsAre(13, 14));
    EXPECT_THAT(this->read({.before_sequence = 1}), ElementsAre());
    EXPECT_THAT(this->read({.limit = 0}), ElementsAre());
}

TYPED_TEST_P(MessageLogContract, PagesForwardFromALowerBound) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 20)));
    using testing::ElementsAre;
    EXPECT_THAT(this->read({.after_sequence = 10, .limit = 3}), ElementsAre(11, 12, 13));
    EXPECT_THAT(this->read({.after_sequence = 20}), ElementsAre());
    EXPECT_THAT(this->read({.after_sequence = 0, .limit = 2}), ElementsAre(1, 2));
}

TYPED_TEST_P(MessageLogContract, ReadsByTimeWithBoundsThatAreExclusive) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 20)));
    const auto time_of = [this](std::uint64_t sequence) {
        return sample_message(this->lobby_, sequence).sent_at;
    };
    using testing::ElementsAre;
    EXPECT_THAT(this->read({.after_time = time_of(10), .limit = 2}), ElementsAre(11, 12));
    EXPECT_THAT(this->read({.before_time = time_of(10), .limit = 2}), ElementsAre(8, 9));
    EXPECT_THAT(this->read({.after_time = time_of(3), .before_time = time_of(6)}),
                ElementsAre(4, 5));
    EXPECT_THAT(this->read({.after_sequence = 4, .before_time = time_of(7)}), ElementsAre(5, 6));
}

TYPED_TEST_P(MessageLogContract, ReadsByAuthor) {
    const UserId alice{2001};
    for (std::uint64_t i = 1; i <= 12; ++i) {
        const StoredMessage message =
            sample_message(this->lobby_, i, i % 3 == 0 ? alice : UserId{2002});
        ASSERT_TRUE(this->log().append({&message, 1}));
    }
    EXPECT_THAT(this->read({.author = alice, .limit = 2}), testing::ElementsAre(9, 12));
    EXPECT_THAT(this->read({.after_sequence = 3, .author = alice, .limit = 2}),
                testing::ElementsAre(6, 9));
    EXPECT_TRUE(this->log().has_author(this->lobby_, alice).value());
    EXPECT_FALSE(this->log().has_author(this->music_, alice).value());
    EXPECT_FALSE(this->log().has_author(this->lobby_, UserId{2003}).value());
}

TYPED_TEST_P(MessageLogContract, StoresAMessageOnceHoweverOftenItIsAppended) {
    const auto messages = sample_messages(this->lobby_, 1, 5);
    ASSERT_TRUE(this->log().append(messages));
    ASSERT_TRUE(this->log().append(messages));
    const auto more = sample_messages(this->lobby_, 4, 8);
    ASSERT_TRUE(this->log().append(more));
    StoredMessage moved = messages[0];
    moved.position.sequence = 9;
    ASSERT_TRUE(this->log().append({&moved, 1}));
    EXPECT_THAT(this->read({}), testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TYPED_TEST_P(MessageLogContract, RefusesAWholeBatchThatTakesAnothersPosition) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 3)));
    auto batch = sample_messages(this->lobby_, 3, 5);
    std::swap(batch[0], batch[2]);
    batch[2].id = MessageId::from_random(77, 77);
    const auto appended = this->log().append(batch);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, std::errc::file_exists);
    EXPECT_THAT(appended.error().detail,
                testing::HasSubstr("channel 1000 has another message at position 3"));
    EXPECT_THAT(this->read({}), testing::ElementsAre(1, 2, 3));
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 4, 5)));
    EXPECT_THAT(this->read({}), testing::ElementsAre(1, 2, 3, 4, 5));
}

TYPED_TEST_P(MessageLogContract, IsWrittenToPastEntriesWhosePlaceIsTaken) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 3)));
    const TempFolder folder;
    SpooledLogOptions options;
    options.spool.folder = folder.file("spool");
    options.writer.commit_interval = std::chrono::milliseconds(20);
    options.writer.refused_path = folder.file("refused.jsonl");
    options.writer.stop_timeout = std::chrono::minutes(1);  // the log may be a throttled one
    {
        const auto queue = SpooledLog::open(this->log(), options).value();
        auto batch = sample_messages(this->lobby_, 2, 8);
        for (const std::size_t i : {0u, 1u}) batch[i].id = MessageId::from_random(77, i);
        for (const StoredMessage& message : batch) queue->append(message, {});
        queue->append(sample_message(this->music_, 1), {});
        queue->mark_deleted(
            {.channel = this->lobby_, .by = this->act(1), .ids = {batch.back().id}});
    }
    EXPECT_THAT(this->read({}), testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_EQ(this->log().read({.channel = this->lobby_}).value()[1].id,
              sample_message(this->lobby_, 2).id);
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(8));
    EXPECT_EQ(sequences_of(this->log().read({.channel = this->music_}).value()),
              (std::vector<std::uint64_t>{1}));
    std::ostringstream kept;
    kept << std::ifstream(options.writer.refused_path).rdbuf();
    EXPECT_THAT(kept.str(),
                testing::MatchesRegex("\\{\"channel\":1000,\"epoch\":3,\"sequence\":2,.*\n"
                                      "\\{\"channel\":1000,\"epoch\":3,\"sequence\":3,.*\n"));
}

TYPED_TEST_P(MessageLogContract, MarksMessagesOfTheChannelAsDeletedAndKeepsThem) {
    const auto messages = sample_messages(this->lobby_, 1, 3);
    ASSERT_TRUE(this->log().append(messages));
    this->mark({.channel = this->music_, .by = this->act(1), .ids = {messages[0].id}});
    this->mark({.channel = this->lobby_,
                .by = this->act(2),
                .ids = {messages[1].id, MessageId::from_random(9, 9)}});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(2));
    EXPECT_EQ(this->log().find(this->lobby_, messages[1].id).value()->event, messages[1].event);
    EXPECT_TRUE(this->log().mark_deleted({}));
}

TYPED_TEST_P(MessageLogContract, MarksWhatAnAuthorSaidUpToASequence) {
    auto messages = sample_messages(this->lobby_, 1, 6);
    for (const std::size_t i : {1u, 3u, 5u}) messages[i].author = UserId{3000};
    ASSERT_TRUE(this->log().append(messages));
    ASSERT_TRUE(this->log().append(sample_messages(this->music_, 1, 2)));
    this->mark(
        {.channel = this->lobby_, .by = this->act(1), .author = UserId{3000}, .up_to_sequence = 4});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(2, 4));
    this->mark({.channel = this->lobby_,
                .by = this->act(2),
                .author = UserId{3000},
                .up_to_sequence = ~std::uint64_t{0}});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(2, 4, 6));
    EXPECT_THAT(this->deleted(this->music_), testing::IsEmpty());
}

TYPED_TEST_P(MessageLogContract, ClearsAChannelOfWhatIsThereAndOfNothingThatComesLater) {
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 1, 4)));
    ASSERT_TRUE(this->log().append(sample_messages(this->music_, 1, 2)));
    this->mark({.channel = this->lobby_, .by = this->act(1), .up_to_sequence = 3});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 3));
    EXPECT_THAT(this->deleted(this->music_), testing::IsEmpty());
    this->mark({.channel = this->lobby_, .by = this->act(2), .up_to_sequence = ~std::uint64_t{0}});
    this->mark({.channel = ChannelId{5}, .by = this->act(3), .up_to_sequence = 100});
    ASSERT_TRUE(this->log().append(sample_messages(this->lobby_, 5, 5)));
    ASSERT_TRUE(this->log().append(sample_messages(ChannelId{5}, 1, 1)));
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(this->deleted(ChannelId{5}), testing::IsEmpty());
}

TYPED_TEST_P(MessageLogContract, MarksMessagesAndUserNoticesButNoModeration) {
    auto messages = sample_messages(this->lobby_, 1, 4);
    messages[1].kind = EntryKind::user_notice;
    messages[2].kind = EntryKind::moderation;
    ASSERT_TRUE(this->log().append(messages));
    this->mark({.channel = this->lobby_,
                .by = this->act(1),
                .author = messages[0].author,
                .up_to_sequence = 3});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2));
    this->mark({.channel = this->lobby_, .by = this->act(2), .ids = {messages[2].id}});
    this->mark({.channel = this->lobby_, .by = this->act(3), .up_to_sequence = 4});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 4));
}

TYPED_TEST_P(MessageLogContract, RestoresWhatAnActDeletedFirst) {
    const auto messages = sample_messages(this->lobby_, 1, 5);
    ASSERT_TRUE(this->log().append(messages));
    this->mark({.channel = this->lobby_, .by = this->act(1), .ids = {messages[1].id}});
    const Deletion timeout{.channel = this->lobby_,
                           .by = this->act(2),
                           .author = messages[0].author,
                           .up_to_sequence = 4};
    const std::vector twice{timeout, timeout};
    ASSERT_TRUE(this->log().mark_deleted(twice));
    ASSERT_TRUE(this->log().restore(this->music_, this->act(2)));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(99)));
    ASSERT_TRUE(this->log().restore(this->lobby_, {}));
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 3, 4));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(2)));
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(2));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(1)));
    EXPECT_THAT(this->deleted(this->lobby_), testing::IsEmpty());
}

TYPED_TEST_P(MessageLogContract, TakesBackAClearingAndLeavesWhatWasDeletedBefore) {
    const auto messages = sample_messages(this->lobby_, 1, 5);
    ASSERT_TRUE(this->log().append(messages));
    this->mark({.channel = this->lobby_, .by = this->act(1), .ids = {messages[1].id}});
    this->mark({.channel = this->lobby_, .by = this->act(2), .up_to_sequence = 3});
    this->mark({.channel = this->lobby_, .by = this->act(3), .ids = {messages[2].id}});
    this->mark({.channel = this->lobby_, .by = this->act(4), .up_to_sequence = 4});
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 3, 4));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(4)));
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 3));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(1)));
    EXPECT_THAT(this->deleted(this->lobby_), testing::ElementsAre(1, 2, 3));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(2)));
    EXPECT_THAT(this->deleted(this->lobby_), testing::IsEmpty());
}

TYPED_TEST_P(MessageLogContract, KeepsKindsAndReadsMessagesOnlyWhenAsked) {
    auto messages = sample_messages(this->lobby_, 1, 5);
    messages[1].kind = EntryKind::user_notice;
    messages[3].kind = EntryKind::moderation;
    ASSERT_TRUE(this->log().append(messages));
    const auto all = this->log().read({.channel = this->lobby_}).value();
    ASSERT_EQ(all.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(all[i].kind, messages[i].kind);
    EXPECT_EQ(this->log().find(this->lobby_, messages[3].id).value()->kind, EntryKind::moderation);
    EXPECT_THAT(this->read({.messages_only = true}), testing::ElementsAre(1, 3, 5));
    EXPECT_THAT(this->read({.messages_only = true, .limit = 2}), testing::ElementsAre(3, 5));
    EXPECT_THAT(this->read({.after_sequence = 1, .messages_only = true, .limit = 1}),
                testing::ElementsAre(3));
    EXPECT_EQ(this->log().last(this->lobby_).value().position.sequence, 5u);
}

TYPED_TEST_P(MessageLogContract, KnowsAuthorsByMessagesAndNoticesNotByModeration) {
    auto messages = sample_messages(this->lobby_, 1, 3);
    for (std::size_t i = 0; i < 3; ++i) messages[i].author = UserId{4000 + i};
    messages[1].kind = EntryKind::user_notice;
    messages[2].kind = EntryKind::moderation;
    ASSERT_TRUE(this->log().append(messages));
    this->mark({.channel = this->lobby_, .by = this->act(1), .ids = {messages[0].id}});
    EXPECT_TRUE(this->log().has_author(this->lobby_, UserId{4000}).value());
    EXPECT_TRUE(this->log().has_author(this->lobby_, UserId{4001}).value());
    EXPECT_FALSE(this->log().has_author(this->lobby_, UserId{4002}).value());
    EXPECT_FALSE(this->log().has_author(this->music_, UserId{4000}).value());
}

TYPED_TEST_P(MessageLogContract, GoesOnOverSequencesThatANewEpochLeftOut) {
    const auto of_epoch = [this](std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
        auto messages = sample_messages(this->lobby_, first, last);
        for (StoredMessage& message : messages) message.position.epoch = epoch;
        return messages;
    };
    const std::uint64_t skip = 1'000'000;
    ASSERT_TRUE(this->log().append(of_epoch(3, 1, 3)));
    ASSERT_TRUE(this->log().append(of_epoch(4, skip + 4, skip + 5)));
    auto newest = of_epoch(5, 2 * skip + 6, 2 * skip + 7);
    newest[0].author = UserId{2001};
    ASSERT_TRUE(this->log().append(newest));
    // Another node writes late what came before.
    ASSERT_TRUE(this->log().append(of_epoch(4, skip + 6, skip + 6)));
    using testing::ElementsAre;
    EXPECT_EQ(this->log().last(this->lobby_).value().position, newest[1].position);
    EXPECT_THAT(this->read({}),
                ElementsAre(1, 2, 3, skip + 4, skip + 5, skip + 6, 2 * skip + 6, 2 * skip + 7));
    EXPECT_THAT(this->read({.limit = 4}),
                ElementsAre(skip + 5, skip + 6, 2 * skip + 6, 2 * skip + 7));
    EXPECT_THAT(this->read({.after_sequence = 2, .limit = 3}), ElementsAre(3, skip + 4, skip + 5));
    EXPECT_THAT(this->read({.before_sequence = skip, .limit = 2}), ElementsAre(2, 3));
    EXPECT_THAT(this->read({.after_time = sample_message(this->lobby_, 3).sent_at, .limit = 2}),
                ElementsAre(skip + 4, skip + 5));
    EXPECT_THAT(this->read({.before_time = newest[0].sent_at, .limit = 2}),
                ElementsAre(skip + 5, skip + 6));
    EXPECT_THAT(this->read({.author = UserId{2001}}), ElementsAre(2 * skip + 6));
    this->mark({.channel = this->lobby_,
                .by = this->act(1),
                .author = newest[1].author,
                .up_to_sequence = 2 * skip + 7});
    EXPECT_THAT(this->deleted(this->lobby_),
                ElementsAre(1, 2, 3, skip + 4, skip + 5, skip + 6, 2 * skip + 7));
    ASSERT_TRUE(this->log().restore(this->lobby_, this->act(1)));
    this->mark({.channel = this->lobby_, .by = this->act(2), .up_to_sequence = skip + 5});
    EXPECT_THAT(this->deleted(this->lobby_), ElementsAre(1, 2, 3, skip + 4, skip + 5));
}

TYPED_TEST_P(MessageLogContract, ReadsWholeBatchesWhileAnotherThreadAppends) {
    constexpr std::uint64_t kBatches = 50;
    constexpr std::uint64_t kBatch = 4;
    std::jthread appender([this] {
        for (std::uint64_t i = 0; i < kBatches; ++i) {
            ASSERT_TRUE(this->log().append(
                sample_messages(this->lobby_, i * kBatch + 1, (i + 1) * kBatch)));
        }
    });
    std::size_t seen = 0;
    while (seen < kBatches * kBatch && !testing::Test::HasFailure()) {
        const auto read = this->read({.after_sequence = 0, .limit = 1000});
        EXPECT_EQ(read.size() % kBatch, 0u);
        EXPECT_GE(read.size(), seen);
        if (!read.empty()) {
            EXPECT_EQ(read.back(), read.size());
        }
        seen = read.size();
    }
    appender.join();
}

REGISTER_TYPED_TEST_SUITE_P(
    MessageLogContract, GivesBackWhatItTook, TakesEmptyAndVeryLargeEvents, KeepsChannelsApart,
    ReadsTheNewestOfARangeInAscendingOrder, PagesForwardFromALowerBound,
    ReadsByTimeWithBoundsThatAreExclusive, ReadsByAuthor,
    StoresAMessageOnceHoweverOftenItIsAppended, RefusesAWholeBatchThatTakesAnothersPosition,
    IsWrittenToPastEntriesWhosePlaceIsTaken, MarksMessagesOfTheChannelAsDeletedAndKeepsThem,
    MarksWhatAnAuthorSaidUpToASequence, ClearsAChannelOfWhatIsThereAndOfNothingThatComesLater,
    MarksMessagesAndUserNoticesButNoModeration, RestoresWhatAnActDeletedFirst,
    TakesBackAClearingAndLeavesWhatWasDeletedBefore, KeepsKindsAndReadsMessagesOnlyWhenAsked,
    KnowsAuthorsByMessagesAndNoticesNotByModeration, GoesOnOverSequencesThatANewEpochLeftOut,
    ReadsWholeBatchesWhileAnotherThreadAppends);

}  // namespace clamor::store
