// SPDX-License-Identifier: Apache-2.0
#include "store/spool.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/log_entry.h"
#include "store/message_log_contract.h"
#include "store/spool_segment.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SpoolTest : public ::testing::Test {
  protected:
    std::unique_ptr<Spool> open(std::size_t segment_bytes = 4096, std::uint64_t bytes_max = 65536) {
        left.clear();
        auto spool = Spool::open(
            {.folder = folder(), .segment_bytes = segment_bytes, .bytes_max = bytes_max},
            [this](std::string_view record) { left.emplace_back(record); });
        EXPECT_TRUE(spool) << spool.error().to_string();
        return *std::move(spool);
    }
    static Result<void> append(Spool& spool, std::initializer_list<std::string> records) {
        return spool.append({records.begin(), records.size()});
    }
    std::string folder() const { return temp_.file("spool"); }
    std::vector<fs::path> files(const std::string& suffix) const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(folder())) {
            if (entry.path().string().ends_with(suffix)) found.push_back(entry.path());
        }
        std::ranges::sort(found);
        return found;
    }
    /// The first letters of what is read, and the number behind it.
    static std::string read(Spool& spool, std::uint64_t from, std::uint64_t upto) {
        std::string letters;
        const auto behind = spool.read(
            from, upto, [&](std::string_view record) { letters += record.substr(0, 1); });
        EXPECT_TRUE(behind) << behind.error().to_string();
        return letters + " " + std::to_string(*behind);
    }
    /// Leaves what is on disk as a killed process would: nothing is released.
    static void kill(std::unique_ptr<Spool> spool) { spool.reset(); }

    TempFolder temp_;
    std::vector<std::string> left;
};

void overwrite(const fs::path& path, std::size_t at, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
}

TEST_F(SpoolTest, GivesBackWhatWasAppendedInOrder) {
    auto spool = open();
    EXPECT_THAT(left, IsEmpty());
    ASSERT_TRUE(append(*spool, {"one", "", std::string("\0two", 4)}));
    ASSERT_TRUE(append(*spool, {"three"}));
    kill(std::move(spool));
    spool = open();
    EXPECT_THAT(left, ElementsAre("one", "", std::string("\0two", 4), "three"));
    // As long as nobody released it, it is there.
    kill(std::move(spool));
    open();
    EXPECT_THAT(left.size(), 4u);
}

TEST_F(SpoolTest, HasNothingLeftOnceAllIsReleased) {
    auto spool = open();
    ASSERT_TRUE(append(*spool, {"one", "two"}));
    spool->release(2);
    spool.reset();
    spool = open();
    EXPECT_THAT(left, IsEmpty());
    EXPECT_EQ(spool->bytes(), 0u);
}

TEST_F(SpoolTest, KeepsWhatWasNotReleased) {
    auto spool = open();
    const std::string large(3000, 'x');
    for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(append(*spool, {name + large}));
    EXPECT_EQ(spool->bytes(), 4u * 4096);
    spool->release(2);
    EXPECT_EQ(spool->bytes(), 2u * 4096);
    kill(std::move(spool));
    open();
    EXPECT_THAT(left, ElementsAre("c" + large, "d" + large));
}

TEST_F(SpoolTest, UsesSegmentsAgainAndReadsNothingOldFromThem) {
    auto spool = open();
    for (int i = 1; i <= 50; ++i) {
        ASSERT_TRUE(append(*spool, {std::to_string(i) + std::string(1500, 'x')}));
        spool->release(static_cast<std::uint64_t>(i - 1));
    }
    EXPECT_LE(files(".spool").size(), 4u);
    kill(std::move(spool));
    open();
    // The segment of the last record begins with the one before it or with itself.
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(left.back().substr(0, 3), "50x");
    EXPECT_LE(left.size(), 2u);
}

TEST_F(SpoolTest, GoesOnWithNewNumbersBehindWhatIsLeft) {
    auto spool = open();
    ASSERT_TRUE(append(*spool, {"old"}));
    kill(std::move(spool));
    spool = open();
    ASSERT_TRUE(append(*spool, {"new"}));
    kill(std::move(spool));
    spool = open();
    EXPECT_THAT(left, ElementsAre("old", "new"));
}

TEST_F(SpoolTest, LetsGoOfWhatWasLeftBitByBit) {
    auto spool = open();
    const std::string large(3000, 'x');
    for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(append(*spool, {name + large}));
    kill(std::move(spool));
    spool = open();
    EXPECT_EQ(spool->left(), 3u);
    ASSERT_TRUE(append(*spool, {"d" + large}));
    EXPECT_EQ(spool->bytes(), 4u * 4096);
    spool->release(2);
    EXPECT_EQ(spool->bytes(), 2u * 4096);
    kill(std::move(spool));
    open();
    EXPECT_THAT(left, ElementsAre("c" + large, "d" + large));
}

TEST_F(SpoolTest, ReadsAgainByNumberASegmentAtATime) {
    auto spool = open();
    const std::string large(1200, 'x');
    ASSERT_TRUE(append(*spool, {"a" + large, "b" + large}));
    kill(std::move(spool));
    spool = open();
    ASSERT_TRUE(append(*spool, {"c" + large}));
    ASSERT_TRUE(append(*spool, {"d" + large, "e" + large}));
    ASSERT_TRUE(append(*spool, {"f" + large, "g" + large}));
    EXPECT_EQ(read(*spool, 0, 7), "ab 2");
    EXPECT_EQ(read(*spool, 1, 7), "b 2");
    EXPECT_EQ(read(*spool, 2, 7), "cde 5");
    EXPECT_EQ(read(*spool, 2, 4), "cd 4");
    EXPECT_EQ(read(*spool, 5, 7), "fg 7");
    spool->release(3);
    EXPECT_EQ(read(*spool, 4, 7), "e 5");
    ASSERT_TRUE(append(*spool, {"h" + large}));
    EXPECT_EQ(read(*spool, 6, 8), "gh 8");
    spool->release(5);
    EXPECT_EQ(read(*spool, 5, 6), "f 6");
}

TEST_F(SpoolTest, ReadsAgainPastDamageThatCameSince) {
    auto spool = open();
    for (const char* record : {"first", "second", "third", "fourth"})
        ASSERT_TRUE(append(*spool, {record}));
    const auto path = files(".spool").at(0);
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    overwrite(path, bytes.find("second"), "SECOND");
    EXPECT_EQ(read(*spool, 0, 4), "ftf 4");
    EXPECT_EQ(read(*spool, 2, 4), "tf 4");
    // None of those that can be read is left out, though one comes again.
    EXPECT_EQ(read(*spool, 1, 4), "ftf 4");
    fs::remove(path);
    EXPECT_EQ(spool->read(0, 4, [](std::string_view) {}).error().code, std::errc::io_error);
}

TEST_F(SpoolTest, TakesAGroupThatIsLargerThanASegment) {
    auto spool = open();
    const std::string large(20000, 'y');
    ASSERT_TRUE(append(*spool, {"small"}));
    ASSERT_TRUE(append(*spool, {large, large}));
    ASSERT_TRUE(append(*spool, {"after"}));
    kill(std::move(spool));
    open();
    EXPECT_THAT(left, ElementsAre("small", large, large, "after"));
}

TEST_F(SpoolTest, RefusesMoreThanItsBoundAndTakesItOnceThereIsRoom) {
    auto spool = open(4096, 2 * 4096);
    const std::string large(3000, 'x');
    ASSERT_TRUE(append(*spool, {"a" + large}));
    ASSERT_TRUE(append(*spool, {"b" + large}));
    const auto refused = append(*spool, {"c" + large});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::no_buffer_space);
    spool->release(1);
    EXPECT_TRUE(append(*spool, {"c" + large}));
    kill(std::move(spool));
    open();
    EXPECT_THAT(left, ElementsAre("b" + large, "c" + large));
}

TEST_F(SpoolTest, ForgetsAGroupThatACrashCutShort) {
    auto spool = open();
    ASSERT_TRUE(append(*spool, {"whole"}));
    ASSERT_TRUE(append(*spool, {"cut", "in two"}));
    kill(std::move(spool));
    const auto path = files(".spool").at(0);
    // The last byte of the second group never reached the disk.
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    overwrite(path, bytes.find("in two") + 5, std::string(1, '\0'));
    open();
    EXPECT_THAT(left, ElementsAre("whole"));
    EXPECT_THAT(files(".damaged"), IsEmpty());
}

TEST_F(SpoolTest, ReadsPastDamageAndKeepsTheFile) {
    auto spool = open();
    for (const char* record : {"first", "second", "third"}) ASSERT_TRUE(append(*spool, {record}));
    kill(std::move(spool));
    const auto path = files(".spool").at(0);
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    overwrite(path, bytes.find("second"), "SECOND");
    spool = open();
    EXPECT_THAT(left, ElementsAre("first", "third"));
    spool->release(spool->left());
    EXPECT_EQ(files(".damaged").size(), 1u);
    spool.reset();
    spool = open();
    EXPECT_THAT(left, IsEmpty());
}

TEST_F(SpoolTest, IgnoresFilesThatAreNoSegments) {
    auto spool = open();
    ASSERT_TRUE(append(*spool, {"one"}));
    kill(std::move(spool));
    std::ofstream(fs::path(folder()) / "notes.txt") << "hello";
    std::ofstream(fs::path(folder()) / "zz.spool") << "hello";
    std::ofstream(fs::path(folder()) / "00000000000000ff.spool") << "hello";
    spool = open();
    EXPECT_THAT(left, ElementsAre("one"));
    ASSERT_TRUE(append(*spool, {"two"}));
    EXPECT_TRUE(fs::exists(fs::path(folder()) / "0000000000000100.spool"));
}

TEST_F(SpoolTest, PeeksWithoutChangingAnything) {
    auto spool = open();
    ASSERT_TRUE(append(*spool, {"one"}));
    std::vector<std::string> seen;
    ASSERT_TRUE(Spool::peek(folder(), [&](std::string_view record) { seen.emplace_back(record); }));
    EXPECT_THAT(seen, ElementsAre("one"));
    ASSERT_TRUE(append(*spool, {"two"}));
    EXPECT_TRUE(Spool::peek(folder() + "/nothing", [](std::string_view) { FAIL(); }));
}

TEST(SpoolSegment, ReadsNothingOfAnotherNumber) {
    const std::vector<std::string> records{"one"};
    std::string bytes = spool_segment::make_header(7) + spool_segment::make_frame(6, records);
    const auto each = [](std::string_view) { FAIL(); };
    EXPECT_TRUE(spool_segment::read(bytes, 7, each).header_ok);
    EXPECT_EQ(spool_segment::read(bytes, 7, each).records, 0u);
    EXPECT_FALSE(spool_segment::read(bytes, 8, each).header_ok);
}

TEST(SpoolSegment, EndsAtItsMark) {
    const std::vector<std::string> records{"one"};
    const std::string bytes = spool_segment::make_header(7) +
                              spool_segment::make_frame(7, records) + spool_segment::make_end(7) +
                              spool_segment::make_frame(7, records);
    int seen = 0;
    const auto contents = spool_segment::read(bytes, 7, [&](std::string_view) { ++seen; });
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(contents.closed);
}

std::vector<LogEntry> sample_entries() {
    StoredMessage message = sample_message(ChannelId{1000}, 3);
    message.deleted = true;
    message.kind = EntryKind::user_notice;
    message.event = std::string("\0bytes", 6);
    return {message,
            Deletion{.channel = ChannelId{5},
                     .by = MessageId::from_random(1, 2),
                     .ids = {MessageId::from_random(3, 4), MessageId::from_random(5, 6)},
                     .author = UserId{7},
                     .up_to_sequence = 8},
            Restoration{ChannelId{9}, MessageId::from_random(10, 11)}};
}

TEST(LogEntry, IsReadAsItWasWritten) {
    for (const LogEntry& entry : sample_entries()) {
        std::string bytes;
        encode_log_entry(entry, bytes);
        const auto decoded = decode_log_entry(bytes);
        ASSERT_TRUE(decoded) << decoded.error().to_string();
        std::string again;
        encode_log_entry(*decoded, again);
        EXPECT_EQ(again, bytes);
        EXPECT_EQ(decoded->index(), entry.index());
        EXPECT_EQ(channel_of(*decoded), channel_of(entry));
    }
}

TEST(LogEntry, RefusesWhatIsCutShortOrUnknown) {
    for (const LogEntry& entry : sample_entries()) {
        std::string bytes;
        encode_log_entry(entry, bytes);
        // A message's event is whatever is left, so that only its fixed fields can be missing.
        const std::size_t fixed =
            std::holds_alternative<StoredMessage>(entry) ? bytes.size() - 6 : bytes.size();
        for (std::size_t size = 0; size < fixed; ++size)
            EXPECT_FALSE(decode_log_entry(std::string_view(bytes).substr(0, size))) << size;
        const bool longer_is_right = std::holds_alternative<StoredMessage>(entry);
        EXPECT_EQ(decode_log_entry(bytes + "x").has_value(), longer_is_right);
        bytes[0] = 9;
        EXPECT_FALSE(decode_log_entry(bytes));
    }
    std::string endless;
    encode_log_entry(Deletion{.channel = ChannelId{5}, .ids = {MessageId::from_random(3, 4)}},
                     endless);
    endless[41] = '\xff';  // the number of ids
    EXPECT_FALSE(decode_log_entry(endless));
}

}  // namespace
}  // namespace clamor::store
