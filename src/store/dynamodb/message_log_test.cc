// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/message_log.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "automod/curl/lying_server_fixture.h"
#include "store/dynamodb/client.h"
#include "store/dynamodb/dynalite_fixture.h"
#include "store/message_log_contract.h"
#include "store/spooled_log.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

class DynamoFixture {
  public:
    MessageLog& log() { return *log_; }

  private:
    std::unique_ptr<dynamodb::DynamoMessageLog> log_ =
        dynamodb::DynamoMessageLog::open(
            dynamodb::test_options(dynamodb::Dynalite::shared().address()))
            .value();
};
INSTANTIATE_TYPED_TEST_SUITE_P(DynamoDb, MessageLogContract, DynamoFixture);

/// A third of the requests is throttled, some fail, and of each batch a part is left.
class FaultyFixture {
  public:
    FaultyFixture() {
        dynalite().fail_with(R"({"throttle":0.3,"error":0.05,"unprocessed":0.3})");
        auto options = dynamodb::test_options(dynalite().address());
        // Readers give up in the end, by design; what they read in time is what is tested here.
        options.read_timeout = std::chrono::minutes(1);
        log_ = dynamodb::DynamoMessageLog::open(std::move(options)).value();
    }
    MessageLog& log() { return *log_; }

  private:
    static dynamodb::Dynalite& dynalite() {
        static dynamodb::Dynalite one;
        return one;
    }
    std::unique_ptr<dynamodb::DynamoMessageLog> log_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(ThrottledDynamoDb, MessageLogContract, FaultyFixture);

}  // namespace

namespace dynamodb {
namespace {

using automod::LyingServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ChannelId kLobby{1000};

std::unique_ptr<DynamoMessageLog> open(const Address& address) {
    auto opened = DynamoMessageLog::open(test_options(address));
    EXPECT_TRUE(opened) << opened.error().to_string();
    return *std::move(opened);
}

TEST(DynamoMessageLog, ReadsOverManyBlocksAndGaps) {
    const auto log = open(Dynalite::shared().address());
    auto messages = sample_messages(kLobby, 1, 600);
    const auto far = sample_messages(kLobby, 1'000'000, 1'000'300);
    messages.insert(messages.end(), far.begin(), far.end());
    ASSERT_TRUE(log->append(messages));
    const auto read = [&](HistoryQuery query) {
        query.channel = kLobby;
        return sequences_of(log->read(query).value());
    };
    const auto all = read({.limit = 2000});
    EXPECT_EQ(all.size(), messages.size());
    EXPECT_TRUE(std::ranges::is_sorted(all));
    EXPECT_THAT(read({.before_sequence = 1'000'001, .limit = 3}), ElementsAre(599, 600, 1'000'000));
    EXPECT_THAT(read({.after_sequence = 599, .limit = 3}), ElementsAre(600, 1'000'000, 1'000'001));
    const auto time_of = [](std::uint64_t sequence) {
        return sample_message(kLobby, sequence).sent_at;
    };
    EXPECT_THAT(read({.after_time = time_of(599), .limit = 2}), ElementsAre(600, 1'000'000));
    EXPECT_THAT(read({.before_time = time_of(1'000'000), .limit = 2}), ElementsAre(599, 600));
    EXPECT_THAT(read({.after_time = time_of(300), .limit = 1}), ElementsAre(301));
    EXPECT_THAT(read({.before_time = time_of(1)}), IsEmpty());
    EXPECT_EQ(read({.author = sample_message(kLobby, 1).author, .limit = 2000}), all);
}

TEST(DynamoMessageLog, TakesMessagesOfTwoServersAtOnceAndOutOfOrder) {
    const auto address = Dynalite::shared().address();
    const auto one = open(address);
    const auto other = open(address);
    const auto messages = sample_messages(kLobby, 1, 6);
    const std::vector odd{messages[0], messages[2], messages[4]};
    const std::vector even{messages[1], messages[3], messages[5]};
    ASSERT_TRUE(other->append(even));
    ASSERT_TRUE(one->append(odd));
    for (const auto& log : {one.get(), other.get()}) {
        EXPECT_THAT(sequences_of(log->read({.channel = kLobby}).value()),
                    ElementsAre(1, 2, 3, 4, 5, 6));
        EXPECT_EQ(log->last(kLobby).value().position.sequence, 6u);
    }
    // An order that was lost gives a sequence twice; neither message is.
    StoredMessage alone = sample_message(kLobby, 6);
    alone.position.epoch = 4;
    alone.id = MessageId::from_random(5, 5);
    ASSERT_TRUE(one->append({&alone, 1}));
    EXPECT_THAT(sequences_of(one->read({.channel = kLobby}).value()),
                ElementsAre(1, 2, 3, 4, 5, 6, 6));
}

TEST(DynamoMessageLog, HidesWhatAnAuthorSaidAlsoWhereItComesLate) {
    const auto log = open(Dynalite::shared().address());
    const auto messages = sample_messages(kLobby, 1, 4);
    ASSERT_TRUE(log->append(std::vector{messages[0], messages[3]}));
    const Deletion ban{.channel = kLobby,
                       .by = MessageId::from_random(7, 7),
                       .author = messages[0].author,
                       .up_to_sequence = 3};
    ASSERT_TRUE(log->mark_deleted({&ban, 1}));
    ASSERT_TRUE(log->append(std::vector{messages[1]}));  // of another server
    std::vector<bool> deleted;
    const auto read = log->read({.channel = kLobby}).value();
    for (const auto& one : read) deleted.push_back(one.deleted);
    EXPECT_THAT(deleted, ElementsAre(true, true, false));
}

TEST(DynamoMessageLog, ForgetsTheOldestActsOfAnAuthorButNotWhatTheyDeleted) {
    const auto log = open(Dynalite::shared().address());
    ASSERT_TRUE(log->append(sample_messages(kLobby, 1, limits::kDynamoMarks + 5)));
    const auto act = [](std::uint64_t number) { return MessageId::from_random(8, number); };
    std::vector<Deletion> acts;
    for (std::uint64_t i = 1; i <= limits::kDynamoMarks + 1; ++i) {
        acts.push_back({.channel = kLobby,
                        .by = act(i),
                        .author = sample_message(kLobby, 1).author,
                        .up_to_sequence = i});
    }
    ASSERT_TRUE(log->mark_deleted(acts));
    ASSERT_TRUE(log->restore(kLobby, act(1)));
    ASSERT_TRUE(log->restore(kLobby, act(2)));
    std::vector<std::uint64_t> visible;
    const auto read = log->read({.channel = kLobby, .limit = 2000}).value();
    for (const auto& one : read) {
        if (!one.deleted) visible.push_back(one.position.sequence);
    }
    const std::uint64_t last = limits::kDynamoMarks + 1;
    EXPECT_THAT(visible, ElementsAre(2, last + 1, last + 2, last + 3, last + 4));
}

/// Its clock is the test's; the lobby's messages are kept for a day, others for good.
class Expiring : public testing::Test {
  protected:
    Expiring() {
        options_.clock = [this] { return now_; };
        options_.keep_for = [](ChannelId channel) -> std::optional<std::chrono::seconds> {
            if (channel == kLobby) return std::chrono::hours(24);
            return std::nullopt;
        };
        options_.expiring = true;
    }
    std::size_t items() {
        Client client(options_.address, test_credentials());
        return client
            .call("Scan", {{"TableName", options_.address.table}, {"Select", "COUNT"}},
                  client.writing())
            .value()
            .at("Count")
            .get<std::size_t>();
    }
    static std::uint64_t requests(DynamoMessageLog& log, const HistoryQuery& query) {
        const std::uint64_t before = log.counters().requests;
        EXPECT_TRUE(log.read(query));
        return log.counters().requests - before;
    }

    static constexpr ChannelId kForGood{1001};
    Options options_ = test_options(Dynalite::shared().address());
    WallTime now_ = sample_message(kLobby, 1).sent_at;
};

TEST_F(Expiring, IsShownNoLongerAndThenDeleted) {
    const auto log = DynamoMessageLog::open(options_).value();
    const std::size_t none = items();
    ASSERT_TRUE(log->append(sample_messages(kLobby, 1, 3)));
    const std::size_t of_lobby = items() - none;
    ASSERT_TRUE(log->append(sample_messages(kForGood, 1, 3)));
    EXPECT_EQ(log->read({.channel = kLobby}).value().size(), 3u);
    now_ += std::chrono::hours(25);
    const auto shown = [&] {
        EXPECT_EQ(log->read({.channel = kLobby}).value().size(), 0u);
        EXPECT_FALSE(log->find(kLobby, sample_message(kLobby, 1).id).value());
        EXPECT_FALSE(log->has_author(kLobby, sample_message(kLobby, 1).author).value());
        EXPECT_EQ(log->read({.channel = kForGood}).value().size(), 3u);
    };
    shown();
    const std::size_t before = items();
    Dynalite::shared().expire(now_ - std::chrono::hours(2));
    EXPECT_EQ(items(), before);
    Dynalite::shared().expire(now_);
    // A head and a block are left.
    EXPECT_EQ(before - items(), of_lobby - 2);
    shown();
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 3u) << "positions go on";
    ASSERT_TRUE(log->append(sample_messages(kLobby, 4, 4)));
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 4u);
}

TEST_F(Expiring, IsSwitchedOnOnceAndNoReasonNotToStart) {
    ASSERT_TRUE(DynamoMessageLog::open(options_));
    ASSERT_TRUE(DynamoMessageLog::open(options_)) << "it is on already";
    auto other = options_;
    other.address = Dynalite::shared().address();
    Dynalite::shared().fail_with(R"({"refuse":"UpdateTimeToLive"})");
    const auto log = DynamoMessageLog::open(other);
    Dynalite::shared().fail_with("{}");
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_TRUE((*log)->append(sample_messages(kLobby, 1, 1)));
}

TEST_F(Expiring, LeavesNothingThatReadersWouldHaveToWalkThrough) {
    const auto log = DynamoMessageLog::open(options_).value();
    ASSERT_TRUE(log->append(sample_messages(kLobby, 1, 60 * limits::kDynamoBlock)));
    now_ = sample_message(kLobby, 60 * limits::kDynamoBlock).sent_at + std::chrono::hours(24);
    Dynalite::shared().expire(now_);
    EXPECT_THAT(log->read({.channel = kLobby, .limit = 100}).value(), IsEmpty());
    EXPECT_LT(requests(*log, {.channel = kLobby, .limit = 100}), 10u);
    EXPECT_LT(requests(*log, {.channel = kLobby, .after_sequence = 0, .limit = 100}), 20u);
}

TEST(DynamoMessageLog, FindsAgainWhatAnotherProcessWrote) {
    const auto address = Dynalite::shared().address();
    ASSERT_TRUE(open(address)->append(sample_messages(kLobby, 1, 3)));
    const auto log = open(address);
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 3u);
    ASSERT_TRUE(log->append(sample_messages(kLobby, 2, 5)));
    EXPECT_THAT(sequences_of(log->read({.channel = kLobby}).value()), ElementsAre(1, 2, 3, 4, 5));
}

TEST(DynamoMessageLog, NamesATableWithOtherKeys) {
    const auto address = Dynalite::shared().address();
    Client client(address, test_credentials());
    ASSERT_TRUE(client.call(
        "CreateTable",
        {{"TableName", address.table},
         {"BillingMode", "PAY_PER_REQUEST"},
         {"AttributeDefinitions",
          Json::array({{{"AttributeName", "user"}, {"AttributeType", "N"}}})},
         {"KeySchema", Json::array({{{"AttributeName", "user"}, {"KeyType", "HASH"}}})}},
        client.writing()));
    const auto opened = DynamoMessageLog::open(test_options(address));
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().detail, HasSubstr("has the keys user (N, HASH)"));
    EXPECT_THAT(opened.error().detail, HasSubstr("must have pk (S, HASH), sk (S, RANGE)"));
}

TEST(DynamoMessageLog, NamesATableOfALaterProgram) {
    const auto address = Dynalite::shared().address();
    open(address);
    Client client(address, test_credentials());
    ASSERT_TRUE(client.call(
        "PutItem",
        {{"TableName", address.table},
         {"Item", {{"pk", {{"S", "clamor"}}}, {"sk", {{"S", "schema"}}}, {"v", {{"N", "2"}}}}}},
        client.writing()));
    const auto opened = DynamoMessageLog::open(test_options(address));
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().detail, HasSubstr("schema version 2"));
}

TEST(DynamoMessageLog, IsFilledByOneImportAndRefusedToServersUntilThatIsDone) {
    const auto address = Dynalite::shared().address();
    const auto import_of = [&](const char* source) {
        return DynamoMessageLog::open_for_import(test_options(address), source);
    };
    const auto import = import_of("/a").value();
    ASSERT_TRUE(import->append(sample_messages(kLobby, 1, 3)));
    const auto served = DynamoMessageLog::open(test_options(address));
    ASSERT_FALSE(served);
    EXPECT_EQ(served.error().code, std::errc::operation_in_progress);
    EXPECT_THAT(served.error().detail, HasSubstr("an import of /a into the DynamoDB table"));
    const auto other = import_of("/b");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, std::errc::file_exists);
    EXPECT_THAT(other.error().detail, HasSubstr("holds an import of /a"));
    const auto again = import_of("/a");
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ((*again)->last(kLobby).value().position.sequence, 3u);
    ASSERT_TRUE((*again)->finish_import());
    EXPECT_EQ(open(address)->last(kLobby).value().position.sequence, 3u);
    EXPECT_FALSE(import_of("/b"));
}

TEST(DynamoMessageLog, IsNotImportedIntoWhereSomethingElseIs) {
    const auto address = Dynalite::shared().address();
    ASSERT_TRUE(open(address)->append(sample_messages(kLobby, 1, 1)));
    const auto refused = DynamoMessageLog::open_for_import(test_options(address), "/a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::file_exists);
    EXPECT_THAT(refused.error().detail, HasSubstr("is in use: it has an item '1000"));
    EXPECT_TRUE(DynamoMessageLog::open(test_options(address)));
}

Result<std::unique_ptr<DynamoMessageLog>> open_at(const std::string& endpoint) {
    return DynamoMessageLog::open(
        test_options({.region = "eu-central-1", .table = "clamor", .endpoint = endpoint}));
}

TEST(DynamoMessageLog, NamesWhatDynamoDbRefuses) {
    const std::vector<std::pair<std::string, std::string>> refusals{
        {"AccessDeniedException", "AccessDeniedException"},
        {"UnrecognizedClientException", "UnrecognizedClientException"},
        {"InvalidSignatureException", "is the region 'eu-central-1' right"},
    };
    for (const auto& [kind, words] : refusals) {
        const LyingServer server(
            [&, kind = kind](const LyingServer::Client& client, const std::string&) {
                return client.answer(R"({"__type":"x#)" + kind + R"(","message":"no"})",
                                     "400 Bad Request");
            });
        const auto opened = open_at(server.url());
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, std::errc::permission_denied);
        EXPECT_THAT(opened.error().detail, HasSubstr(words));
        EXPECT_THAT(opened.error().detail, HasSubstr("DescribeTable"));
    }
}

TEST(DynamoMessageLog, AsksForTheRegionWhereItsHostIsUnknown) {
    auto options = test_options({.region = "nowhere-1",
                                 .table = "clamor",
                                 .endpoint = "https://dynamodb.nowhere-1.invalid"});
    const auto opened = DynamoMessageLog::open(options);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().detail, HasSubstr("is the region 'nowhere-1' right?"));
    EXPECT_THAT(opened.error().detail, HasSubstr("dynamodb.nowhere-1.invalid"));
}

TEST(DynamoMessageLog, TakesNothingForStoredThatALyingServerAnswers) {
    const std::vector<std::pair<std::string, std::string>> lies{
        {"200 OK", "<html>It works!</html>"},
        {"200 OK", ""},
        {"200 OK", "{}"},
        {"200 OK", "[]"},
        {"200 OK", R"({"Table":7,"Attributes":7,"Items":7,"Responses":7,"UnprocessedItems":7})"},
        {"404 Not Found", "{}"},
        {"500 Internal Server Error", "{}"},
        {"307 Temporary Redirect", ""},
    };
    for (const auto& [status, body] : lies) {
        const LyingServer server([&, status = status, body = body](
                                     const LyingServer::Client& client, const std::string&) {
            return client.answer(body, status);
        });
        EXPECT_FALSE(open_at(server.url())) << status << ' ' << body;
        const auto log = DynamoMessageLog::unchecked(
            test_options({.region = "x1", .table = "clamor", .endpoint = server.url()}));
        const auto message = sample_message(kLobby, 1);
        EXPECT_FALSE(log->append({&message, 1})) << status << ' ' << body;
        EXPECT_FALSE(log->read({.channel = kLobby})) << status << ' ' << body;
        EXPECT_FALSE(log->last(kLobby)) << status << ' ' << body;
        EXPECT_FALSE(log->find(kLobby, message.id)) << status << ' ' << body;
    }
}

TEST(DynamoMessageLog, SaysThatNobodyAnswersAndTellsReadersAtOnceFromThenOn) {
    std::string gone;
    {
        const LyingServer server([](const auto&, const auto&) { return false; });
        gone = server.url();
    }
    const auto opened = open_at(gone);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, std::errc::host_unreachable);
    EXPECT_THAT(opened.error().detail, HasSubstr(gone));

    LyingServer silent([](const LyingServer::Client& client, const std::string&) {
        client.wait_for_end();
        return false;
    });
    const auto log = DynamoMessageLog::unchecked(
        test_options({.region = "x1", .table = "clamor", .endpoint = silent.url()}));
    EXPECT_FALSE(log->last(kLobby));
    while (!log->away()) EXPECT_FALSE(log->last(kLobby));
    int asked = 0;
    do {
        asked = silent.requests();
        EXPECT_FALSE(log->last(kLobby));
    } while (silent.requests() != asked);  // some reader is answered without asking anybody
}

TEST(DynamoMessageLog, AnswersAGlanceSoonAndAfterOneInVainAtOnce) {
    const LyingServer silent([](const LyingServer::Client& client, const std::string&) {
        client.wait_for_end();
        return false;
    });
    const auto log = DynamoMessageLog::unchecked(
        test_options({.region = "x1", .table = "clamor", .endpoint = silent.url()}));
    EXPECT_FALSE(log->glance_last(kLobby));
    EXPECT_FALSE(log->away()) << "a short patience says nothing of DynamoDB";
    int asked = 0;
    do {
        asked = silent.requests();
        EXPECT_FALSE(log->glance_author(kLobby, UserId{1}));
    } while (silent.requests() != asked);  // some glance is answered without asking anybody

    const auto there = open(Dynalite::shared().address());
    ASSERT_TRUE(there->append(sample_messages(kLobby, 1, 3)));
    EXPECT_EQ(there->glance_last(kLobby).value().position.sequence, 3u);
    EXPECT_TRUE(there->glance_author(kLobby, sample_message(kLobby, 1).author).value());
}

TEST(DynamoMessageLog, BehindASpoolLosesAndDoublesNothingWhileItIsThrottled) {
    const TempFolder folder;
    const Dynalite dynalite;
    const auto address = dynalite.address();
    const auto log = open(address);
    dynalite.fail_with(R"({"throttle":0.5,"error":0.1,"unprocessed":0.5})");
    SpooledLogOptions options;
    options.spool.folder = folder.file("spool");
    options.write_left_later = true;
    options.writer.commit_interval = std::chrono::microseconds(0);
    options.writer.memory_max = 5000;  // most of it is read from the spool again
    {
        auto queue = SpooledLog::open(*log, options).value();
        for (std::uint64_t i = 1; i <= 300; ++i) queue->append(sample_message(kLobby, i), {});
    }
    auto queue = SpooledLog::open(*log, options).value();
    dynalite.fail_with("{}");
    for (std::uint64_t i = 301; i <= 600; ++i) queue->append(sample_message(kLobby, i), {});
    while (queue->waiting() > 0) std::this_thread::yield();
    while (queue->writer().waiting() > 0) std::this_thread::yield();
    EXPECT_GT(queue->writer().counters().read_back.value(), 0u);
    std::vector<std::uint64_t> all(600);
    for (std::uint64_t i = 0; i < 600; ++i) all[i] = i + 1;
    EXPECT_EQ(sequences_of(log->read({.channel = kLobby, .limit = 1000}).value()), all);
}

}  // namespace
}  // namespace dynamodb
}  // namespace clamor::store
