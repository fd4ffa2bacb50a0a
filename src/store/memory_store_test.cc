// SPDX-License-Identifier: Apache-2.0
#include "store/catalog_contracts.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
#include "store/message_log_contract.h"

namespace clamor::store {
namespace {

class MemoryCatalogFixture {
  public:
    MemoryCatalogFixture() { catalog_.set_time(created_at()); }
    Catalog& catalog() { return catalog_; }
    static WallTime created_at() { return wall_from_unix_ms(1600000000000); }

  private:
    MemoryCatalog catalog_;
};

class MemoryLogFixture {
  public:
    MessageLog& log() { return log_; }

  private:
    MemoryMessageLog log_;
};

CLAMOR_TEST_CATALOG(Memory, MemoryCatalogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, MessageLogContract, MemoryLogFixture);

TEST(MemoryMessageLog, HidesWhatAnAuthorSaidAlsoWhereItComesLate) {
    MemoryMessageLog log;
    const ChannelId lobby{1000};
    const auto messages = sample_messages(lobby, 1, 4);
    ASSERT_TRUE(log.append(std::vector{messages[0], messages[3]}));
    const Deletion ban{.channel = lobby,
                       .by = MessageId::from_random(7, 7),
                       .author = messages[0].author,
                       .up_to_sequence = 3};
    ASSERT_TRUE(log.mark_deleted({&ban, 1}));
    ASSERT_TRUE(log.append(std::vector{messages[1]}));  // of another server
    const auto deleted = [&] {
        std::vector<bool> found;
        const auto read = log.read({.channel = lobby}).value();
        for (const auto& one : read) found.push_back(one.deleted);
        return found;
    };
    EXPECT_EQ(deleted(), (std::vector{true, true, false}));
    ASSERT_TRUE(log.restore(lobby, ban.by));
    ASSERT_TRUE(log.append(std::vector{messages[2]}));
    EXPECT_EQ(deleted(), (std::vector{false, false, false, false}));
}

TEST(MemoryMessageLog, FailsAppendsAsLongAsItIsToldAndReadsOn) {
    MemoryMessageLog log;
    const ChannelId lobby{1000};
    ASSERT_TRUE(log.append(sample_messages(lobby, 1, 2)));
    log.fail_appends(std::make_error_code(std::errc::no_space_on_device));
    const auto failed = log.append(sample_messages(lobby, 3, 4));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, std::errc::no_space_on_device);
    EXPECT_EQ(log.read({.channel = lobby}).value().size(), 2u);
    log.fail_appends({});
    ASSERT_TRUE(log.append(sample_messages(lobby, 3, 4)));
    EXPECT_EQ(log.read({.channel = lobby}).value().size(), 4u);
}

}  // namespace
}  // namespace clamor::store
