// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/positions.h"

#include "store/memory_message_log.h"
#include "store/message_log_contract.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

const ChannelId kLobby{1000};
const ChannelId kMusic{1001};

class DistantLog final : public RemoteLog {
  public:
    bool away = false;
    bool slow = false;  ///< it answers those who wait
    int waited_for = 0;

    Result<void> append(std::span<const StoredMessage> messages) override {
        if (away) return gone();
        return log_.append(messages);
    }
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        if (away) return gone();
        return log_.read(query);
    }
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        if (away) return gone();
        return log_.find(channel, id);
    }
    Result<LastMessage> last(ChannelId channel) override {
        if (away) return gone();
        ++waited_for;
        return log_.last(channel);
    }
    Result<bool> has_author(ChannelId channel, UserId author) override {
        if (away) return gone();
        ++waited_for;
        return log_.has_author(channel, author);
    }
    Result<LastMessage> glance_last(ChannelId channel) override {
        if (away || slow) return gone();
        return log_.last(channel);
    }
    Result<bool> glance_author(ChannelId channel, UserId author) override {
        if (away || slow) return gone();
        return log_.has_author(channel, author);
    }
    Result<void> mark_deleted(std::span<const Deletion> deletions) override {
        if (away) return gone();
        return log_.mark_deleted(deletions);
    }
    Result<void> restore(ChannelId channel, MessageId by) override {
        if (away) return gone();
        return log_.restore(channel, by);
    }

  private:
    static tl::unexpected<Error> gone() { return fail(std::errc::host_unreachable); }
    MemoryMessageLog log_;
};

class PositionedFixture {
  public:
    MessageLog& log() { return *positioned_; }

  private:
    TempFolder folder_;
    DistantLog remote_;
    std::unique_ptr<PositionedLog> positioned_ =
        PositionedLog::open(remote_, folder_.file("positions.db"), "x").value();
};
INSTANTIATE_TYPED_TEST_SUITE_P(Positioned, MessageLogContract, PositionedFixture);

TEST(PositionedLog, KnowsWhereChannelsAreWhileTheLogIsAway) {
    const TempFolder folder;
    const auto path = folder.file("positions.db");
    DistantLog remote;
    EXPECT_FALSE(PositionedLog::knows(path, "x").value());
    {
        const auto log = PositionedLog::open(remote, path, "x").value();
        ASSERT_TRUE(log->append(sample_messages(kLobby, 1, 5)));
        ASSERT_TRUE(log->append(sample_messages(kLobby, 2, 3)));  // of a spool that is read again
    }
    EXPECT_TRUE(PositionedLog::knows(path, "x").value());
    EXPECT_FALSE(PositionedLog::knows(path, "another").value());
    const auto log = PositionedLog::open(remote, path, "x").value();
    remote.away = true;
    const auto last = log->last(kLobby).value();
    EXPECT_EQ(last.position, (Position{.epoch = 3, .sequence = 5}));
    EXPECT_EQ(last.sent_at, sample_message(kLobby, 5).sent_at);
    EXPECT_FALSE(log->last(kMusic)) << "it may have messages of another server";
    EXPECT_TRUE(log->has_author(kLobby, UserId{9999}).value()) << "nobody is kept from speaking";
    EXPECT_FALSE(log->read({.channel = kLobby}));
    const auto more = sample_messages(kLobby, 6, 6);
    EXPECT_FALSE(log->append(more));
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 5u) << "it is not stored";
    remote.away = false;
    EXPECT_FALSE(log->has_author(kLobby, UserId{9999}).value());
}

TEST(PositionedLog, KeepsNobodyWaitingForWhatThisMachineKnows) {
    const TempFolder folder;
    DistantLog remote;
    ASSERT_TRUE(remote.append(sample_messages(kMusic, 1, 9)));
    const auto log = PositionedLog::open(remote, folder.file("positions.db"), "x").value();
    ASSERT_TRUE(log->append(sample_messages(kLobby, 1, 5)));
    ASSERT_TRUE(remote.append(sample_messages(kLobby, 6, 7)));  // of another server
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 7u) << "a glance is enough";
    remote.slow = true;
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 5u);
    EXPECT_TRUE(log->has_author(kLobby, UserId{9999}).value());
    EXPECT_EQ(remote.waited_for, 0);
    EXPECT_EQ(log->last(kMusic).value().position.sequence, 9u) << "nobody here knows better";
    EXPECT_EQ(remote.waited_for, 1);
}

}  // namespace
}  // namespace clamor::store
