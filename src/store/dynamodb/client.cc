// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/client.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "base/check.h"
#include "base/log.h"
#include "store/dynamodb/easy.h"

namespace clamor::store::dynamodb {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kGetKeys = 100;  // DynamoDB's bounds of one request
constexpr std::size_t kWriteItems = 25;
constexpr int kPollMs = 1000;
constexpr int kCredentialAttempts = 2;
constexpr int kAttemptsInTheDark = 2;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

/// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException` without what is in front.
std::string kind_of(const Json& answer) {
    const auto type = answer.find("__type");
    if (type == answer.end() || !type->is_string()) return {};
    const auto text = type->get<std::string>();
    return text.substr(text.rfind('#') + 1);
}

std::string message_of(const Json& answer) {
    for (const char* name : {"message", "Message"}) {
        const auto found = answer.find(name);
        if (found != answer.end() && found->is_string()) return found->get<std::string>();
    }
    return {};
}

/// What DynamoDB counted for a request, in tenths.
std::uint64_t units_of(const Json& answer) {
    const auto consumed = answer.find("ConsumedCapacity");
    if (consumed == answer.end()) return 0;
    double units = 0;
    const auto add = [&](const Json& one) {
        const auto found = one.find("CapacityUnits");
        if (found != one.end() && found->is_number()) units += found->get<double>();
    };
    if (consumed->is_array()) {
        for (const Json& one : *consumed) {
            if (one.is_object()) add(one);
        }
    } else if (consumed->is_object()) {
        add(*consumed);
    }
    return static_cast<std::uint64_t>(std::clamp(units, 0.0, 1e9) * 10 + 0.5);
}

bool is_write(std::string_view operation) {
    return operation.find("Write") != std::string_view::npos || operation == "UpdateItem" ||
           operation == "PutItem" || operation == "DeleteItem";
}

std::chrono::milliseconds random_below(std::chrono::milliseconds bound) {
    thread_local std::minstd_rand generator{std::random_device()()};
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(0, bound.count())(generator));
}

std::chrono::milliseconds backoff(const ClientOptions& options, int attempts) {
    return std::min(options.backoff_max, options.backoff_min * (1 << std::min(attempts, 16)));
}

}  // namespace

/// A caller's connections and handles.
struct Client::Line {
    MultiHandle multi{curl_multi_init()};
    std::vector<EasyHandle> idle;
};

class Client::Lease {
  public:
    explicit Lease(Client& client) : client_(client) {
        std::unique_lock lock(client.mutex_);
        client.returned_.wait(lock, [&] { return !client.idle_.empty(); });
        line_ = client.idle_.back();
        client.idle_.pop_back();
    }
    ~Lease() {
        {
            const std::lock_guard lock(client_.mutex_);
            client_.idle_.push_back(line_);
        }
        client_.returned_.notify_one();
    }
    Lease(const Lease&) = delete;
    Line& operator*() const { return *line_; }

  private:
    Client& client_;
    Line* line_;
};

/// A call and how far it is.
struct Client::Exchange {
    const char* operation = nullptr;
    std::string body;
    int attempts = 0;
    int refused = 0;  ///< times that the credentials were
    Clock::time_point not_before{};
    Clock::time_point started{};
    EasyHandle easy;
    HeaderList headers;
    Answer answer;
    Result<Json> result = Json();
    bool done = false;
};

/// Runs a number of exchanges to their ends, on the caller's thread.
class Client::Run {
  public:
    Run(Client& client, Line& line, std::vector<Exchange>& exchanges, const Deadline& deadline)
        : client_(client), line_(line), exchanges_(exchanges), deadline_(deadline) {}

    void to_the_end() {
        const bool refused_at_once = deadline_.reader && client_.away() && !may_probe();
        for (Exchange& one : exchanges_) {
            if (!refused_at_once) continue;
            one.result = fail(std::errc::host_unreachable,
                              "DynamoDB does not answer at " + client_.address_.endpoint);
            one.done = true;
        }
        while (start_some()) {
            int running = 0;
            curl_multi_perform(line_.multi.get(), &running);
            finish_some();
            if (active_ > 0 || next_start_ != Clock::time_point::max())
                curl_multi_poll(line_.multi.get(), nullptr, 0, poll_ms(), nullptr);
        }
    }

  private:
    /// While nobody answers, one reader a second finds out whether that is still so.
    bool may_probe() {
        auto at = client_.next_probe_.load();
        const auto later = after(client_.options_.read_timeout + client_.options_.away_pause);
        return at <= after({}) && client_.next_probe_.compare_exchange_strong(at, later);
    }
    static std::int64_t after(std::chrono::milliseconds pause) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   Clock::now().time_since_epoch() + pause)
            .count();
    }

    /// False: all are done.
    bool start_some() {
        const auto now = Clock::now();
        next_start_ = Clock::time_point::max();
        bool left = false;
        for (Exchange& one : exchanges_) {
            if (one.done) continue;
            left = true;
            if (one.easy != nullptr) continue;  // under way
            if (active_ == client_.options_.requests) break;
            if (one.not_before > now) {
                next_start_ = std::min(next_start_, one.not_before);
                continue;
            }
            start(one);
        }
        return left;
    }

    int poll_ms() const {
        const auto now = Clock::now();
        if (next_start_ <= now) return 0;
        if (next_start_ == Clock::time_point::max()) return kPollMs;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_start_ - now);
        return static_cast<int>(std::min<std::int64_t>(left.count(), kPollMs));
    }

    std::chrono::milliseconds patience() const {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.at - Clock::now());
        return deadline_.reader ? std::max(left, std::chrono::milliseconds(1))
                                : client_.options_.write_timeout;
    }

    void start(Exchange& one) {
        const auto credentials = client_.credentials_->get();
        if (!credentials) return finish(one, tl::unexpected(credentials.error()));
        ++one.attempts;
        if (one.attempts > 1) ++client_.counters_.retries;
        ++client_.counters_.requests;
        client_.counters_.bytes_sent += one.body.size();
        if (line_.idle.empty()) {
            one.easy.reset(curl_easy_init());
        } else {
            one.easy = std::move(line_.idle.back());
            line_.idle.pop_back();
        }
        CURL* const easy = one.easy.get();
        CLAMOR_CHECK(easy != nullptr, "libcurl has memory");
        curl_easy_reset(easy);
        one.answer = {.body = {}, .checksum = {}, .bytes_max = limits::kDynamoAnswerBytes};
        prepare(easy, one.answer);
        one.headers.reset();
        add_header(one.headers, "Content-Type: application/x-amz-json-1.0");
        add_header(one.headers, std::string("X-Amz-Target: DynamoDB_20120810.") + one.operation);
        if (!credentials->session_token.empty())
            add_header(one.headers, "X-Amz-Security-Token: " + credentials->session_token);
        curl_easy_setopt(easy, CURLOPT_URL, (client_.address_.endpoint + "/").c_str());
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, one.headers.get());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, one.body.data());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(one.body.size()));
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        // The header "Expect:", which would keep curl from waiting for a 100, is signed by this
        // libcurl and not sent.
        curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
        curl_easy_setopt(easy, CURLOPT_AWS_SIGV4,
                         ("aws:amz:" + client_.address_.region + ":dynamodb").c_str());
        curl_easy_setopt(easy, CURLOPT_USERNAME, credentials->key_id.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, credentials->secret.c_str());
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                         static_cast<long>(client_.options_.connect_timeout.count()));
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(patience().count()));
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &one);
        one.started = Clock::now();
        curl_multi_add_handle(line_.multi.get(), easy);
        ++active_;
    }

    void finish_some() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(line_.multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* const easy = message->easy_handle;
            const CURLcode result = message->data.result;
            void* owner = nullptr;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            Exchange& one = *static_cast<Exchange*>(owner);
            curl_multi_remove_handle(line_.multi.get(), easy);
            line_.idle.push_back(std::move(one.easy));
            --active_;
            answered(one, result, status);
        }
    }

    void answered(Exchange& one, CURLcode result, long status) {
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - one.started);
        {
            const std::lock_guard lock(client_.mutex_);
            client_.counters_.latency.record(static_cast<std::uint64_t>(took.count()));
        }
        const std::string where = std::string(one.operation) + " at " + client_.address_.endpoint;
        if (one.answer.too_large)
            return again(one, std::errc::message_size, where + ": the answer is too long");
        if (result != CURLE_OK) {
            const auto code = result == CURLE_OPERATION_TIMEDOUT ? std::errc::timed_out
                                                                 : std::errc::host_unreachable;
            // One connection may break; two in a row, or a long silence, say more. That somebody's
            // patience was short says nothing.
            const bool silent = took >= client_.options_.connect_timeout;
            if (silent || (code != std::errc::timed_out && (one.attempts > 1 || client_.away())))
                note_away(true, curl_easy_strerror(result));
            const std::string hint =
                result == CURLE_COULDNT_RESOLVE_HOST
                    ? " (is the region '" + client_.address_.region + "' right?)"
                    : "";
            return again(one, code, where + ": " + curl_easy_strerror(result) + hint);
        }
        auto json = Json::parse(one.answer.body, nullptr, false);
        if (!json.is_object() || !checks(one.answer)) {
            return again(one, std::errc::protocol_error,
                         where + ": what answers does not speak DynamoDB's language (status " +
                             std::to_string(status) + ")");
        }
        note_away(false, {});
        if (status == 200) {
            (is_write(one.operation) ? client_.counters_.write_units
                                     : client_.counters_.read_units) += units_of(json);
            return finish(one, std::move(json));
        }
        refused(one, status, kind_of(json), message_of(json), where);
    }

    static bool checks(const Answer& answer) {
        if (answer.checksum.empty()) return true;
        const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(answer.body.data()),
                                 static_cast<uInt>(answer.body.size()));
        return answer.checksum == std::to_string(sum);
    }

    void refused(Exchange& one, long status, const std::string& kind, const std::string& message,
                 const std::string& where) {
        const std::string detail = where + ": " +
                                   (kind.empty() ? "status " + std::to_string(status) : kind) +
                                   (message.empty() ? "" : ": " + message);
        if (kind == "ConditionalCheckFailedException")
            return finish(one, fail(std::errc::operation_canceled, detail));
        if (is_one_of(kind, {"ProvisionedThroughputExceededException", "ThrottlingException",
                             "RequestLimitExceeded", "Throttling"})) {
            ++client_.counters_.throttled;
            return again(one, std::errc::resource_unavailable_try_again, detail);
        }
        if (status >= 500) return again(one, std::errc::io_error, detail);
        if (kind == "ResourceInUseException")
            return finish(one, fail(std::errc::file_exists, detail));
        if (kind == "ResourceNotFoundException")
            return finish(one, fail(std::errc::no_such_file_or_directory, detail));
        if (is_one_of(kind, {"ExpiredTokenException", "UnrecognizedClientException",
                             "InvalidClientTokenId", "ExpiredToken"}) &&
            ++one.refused < kCredentialAttempts) {
            client_.credentials_->refused();
            one.not_before = {};
            return;
        }
        ++client_.counters_.failures;
        if (is_one_of(kind, {"AccessDeniedException", "ExpiredTokenException",
                             "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken",
                             "MissingAuthenticationTokenException"}))
            return finish(one, fail(std::errc::permission_denied, detail));
        if (is_one_of(kind, {"InvalidSignatureException", "SignatureDoesNotMatch",
                             "IncompleteSignatureException"})) {
            return finish(one, fail(std::errc::permission_denied,
                                    detail + " (is the region '" + client_.address_.region +
                                        "' right, the secret, and this machine's clock?)"));
        }
        finish(one, fail(status == 400 ? std::errc::invalid_argument : std::errc::protocol_error,
                         detail));
    }

    void again(Exchange& one, std::errc code, std::string detail) {
        if (code != std::errc::resource_unavailable_try_again) ++client_.counters_.failures;
        // While nobody answers, the log writer's own pauses are enough.
        const bool hopeless = client_.away();
        const auto at = Clock::now() + random_below(backoff(client_.options_, one.attempts));
        const bool late = deadline_.reader && at >= deadline_.at;
        // What is no answer of DynamoDB at all is asked for once more.
        const bool known =
            code == std::errc::resource_unavailable_try_again || code == std::errc::io_error;
        const int most = known ? client_.options_.attempts : kAttemptsInTheDark;
        if (hopeless || late || failed_ || one.attempts >= most)
            return finish(one, fail(code, std::move(detail)));
        one.not_before = at;
    }

    void finish(Exchange& one, Result<Json> result) {
        one.result = std::move(result);
        one.done = true;
        if (one.result || one.result.error().code == std::errc::operation_canceled) return;
        failed_ = true;
        // One failed: what has not started is not asked any more.
        for (Exchange& other : exchanges_) {
            if (other.done || other.easy != nullptr) continue;
            other.result = one.result;
            other.done = true;
        }
    }

    void note_away(bool away, const char* why) {
        // From the end of a try on, which may have taken long.
        if (away) client_.next_probe_ = after(client_.options_.away_pause);
        if (client_.away_.exchange(away, std::memory_order_relaxed) == away) return;
        if (away) {
            log::warn("DynamoDB does not answer",
                      {{"endpoint", client_.address_.endpoint}, {"why", why}});
        } else {
            log::info("DynamoDB answers again", {{"endpoint", client_.address_.endpoint}});
        }
    }

    Client& client_;
    Line& line_;
    std::vector<Exchange>& exchanges_;
    const Deadline deadline_;
    std::size_t active_ = 0;
    bool failed_ = false;
    Clock::time_point next_start_ = Clock::time_point::max();
};

Client::Client(Address address, std::shared_ptr<CredentialSource> credentials,
               const ClientOptions& options)
    : address_(std::move(address)), credentials_(std::move(credentials)), options_(options) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (std::size_t i = 0; i < limits::kDynamoCallers; ++i) {
        lines_.push_back(std::make_unique<Line>());
        CLAMOR_CHECK(lines_.back()->multi != nullptr, "libcurl has memory");
        curl_multi_setopt(lines_.back()->multi.get(), CURLMOPT_MAXCONNECTS,
                          static_cast<long>(options_.requests));
        idle_.push_back(lines_.back().get());
    }
}

Client::~Client() {
    lines_.clear();
    curl_global_cleanup();
}

Deadline Client::reading() const {
    return {.reader = true, .at = Clock::now() + options_.read_timeout};
}
Deadline Client::glancing() const {
    return {.reader = true, .at = Clock::now() + options_.glance};
}
Deadline Client::writing() const {
    return {};
}

std::vector<Client::Exchange> Client::run(std::vector<Call> calls, const Deadline& deadline) {
    std::vector<Exchange> exchanges(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
        exchanges[i].operation = calls[i].operation;
        exchanges[i].body = std::move(calls[i].body);
    }
    const Lease line(*this);
    Run(*this, *line, exchanges, deadline).to_the_end();
    return exchanges;
}

Result<std::vector<Json>> Client::call_all(std::vector<Call> calls, const Deadline& deadline) {
    auto exchanges = run(std::move(calls), deadline);
    std::vector<Json> answers;
    for (Exchange& one : exchanges) {
        if (!one.result) return tl::unexpected(std::move(one.result.error()));
        answers.push_back(*std::move(one.result));
    }
    return answers;
}

Result<Json> Client::call(const char* operation, const Json& body, const Deadline& deadline) {
    std::vector<Call> calls;
    calls.push_back({operation, body.dump()});
    auto answers = call_all(std::move(calls), deadline);
    if (!answers) return tl::unexpected(answers.error());
    return std::move(answers->front());
}

Result<void> Client::change_all(std::vector<Call> calls, const Deadline& deadline) {
    auto exchanges = run(std::move(calls), deadline);
    for (Exchange& one : exchanges) {
        if (!one.result && one.result.error().code != std::errc::operation_canceled)
            return tl::unexpected(std::move(one.result.error()));
    }
    return {};
}

Result<std::vector<Json>> Client::get(const std::vector<Json>& keys, const std::string& fields,
                                      const Deadline& deadline) {
    std::vector<Json> items;
    std::vector<Json> left = keys;
    for (int attempt = 0; !left.empty(); ++attempt) {
        if (attempt > 0) counters_.throttled += left.size();
        if (attempt == options_.attempts || (attempt > 0 && !pause(attempt, deadline))) {
            return fail(std::errc::resource_unavailable_try_again,
                        "DynamoDB leaves keys unprocessed in table " + address_.table);
        }
        std::vector<Call> calls;
        for (std::size_t at = 0; at < left.size(); at += kGetKeys) {
            Json some = Json::array();
            for (std::size_t i = at; i < std::min(left.size(), at + kGetKeys); ++i)
                some.push_back(std::move(left[i]));
            Json of_table = {{"Keys", std::move(some)}, {"ConsistentRead", true}};
            if (!fields.empty()) of_table["ProjectionExpression"] = fields;
            calls.push_back(
                {"BatchGetItem", Json{{"RequestItems", {{address_.table, std::move(of_table)}}},
                                      {"ReturnConsumedCapacity", "TOTAL"}}
                                     .dump()});
        }
        left.clear();
        auto answers = call_all(std::move(calls), deadline);
        if (!answers) return tl::unexpected(answers.error());
        for (Json& answer : *answers) {
            for (Json& item : answer.at("Responses")[address_.table])
                items.push_back(std::move(item));
            Json& unprocessed = answer["UnprocessedKeys"][address_.table]["Keys"];
            for (Json& key : unprocessed) left.push_back(std::move(key));
        }
    }
    return items;
}

Result<std::vector<Json>> Client::query(Json query, std::size_t limit, const Deadline& deadline) {
    std::vector<Json> items;
    query["TableName"] = address_.table;
    query["ConsistentRead"] = true;
    query["ReturnConsumedCapacity"] = "TOTAL";
    for (;;) {
        if (limit > 0) query["Limit"] = limit - items.size();
        auto answer = call("Query", query, deadline);
        if (!answer) return tl::unexpected(answer.error());
        for (Json& item : answer->at("Items")) items.push_back(std::move(item));
        const auto last = answer->find("LastEvaluatedKey");
        if (last == answer->end() || (limit > 0 && items.size() >= limit)) return items;
        query["ExclusiveStartKey"] = std::move(*last);
    }
}

Result<void> Client::write(std::vector<std::string> left) {
    for (int attempt = 0; !left.empty(); ++attempt) {
        if (attempt > 0) counters_.throttled += left.size();
        if (attempt == options_.attempts || (attempt > 0 && !pause(attempt, writing()))) {
            return fail(std::errc::resource_unavailable_try_again,
                        "DynamoDB leaves items unprocessed in table " + address_.table);
        }
        const std::size_t asked = left.size();
        std::vector<Call> calls;
        for (std::size_t at = 0; at < asked;) {
            std::string body = R"({"RequestItems":{")" + address_.table + R"(":[)";
            for (std::size_t n = 0; at < asked && n < kWriteItems; ++n, ++at) {
                if (n > 0 && body.size() + left[at].size() > limits::kDynamoWriteBytes) break;
                if (n > 0) body += ',';
                body += left[at];
            }
            body += R"(]},"ReturnConsumedCapacity":"TOTAL"})";
            calls.push_back({"BatchWriteItem", std::move(body)});
        }
        left.clear();
        auto answers = call_all(std::move(calls), writing());
        if (!answers) return tl::unexpected(answers.error());
        for (Json& answer : *answers) {
            for (const Json& item : answer.at("UnprocessedItems")[address_.table])
                left.push_back(item.dump());
        }
        counters_.items_written += asked - std::min(asked, left.size());
    }
    return {};
}

bool Client::pause(int attempt, const Deadline& deadline) const {
    const auto length = random_below(backoff(options_, attempt));
    if (deadline.reader && Clock::now() + length >= deadline.at) return false;
    std::this_thread::sleep_for(length);
    return true;
}

}  // namespace clamor::store::dynamodb
