// SPDX-License-Identifier: Apache-2.0
#include "automod/curl/curl_model_route.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <curl/curl.h>
#include <pthread.h>

#include "automod/model_labels.h"
#include "automod/model_queue.h"
#include "automod/model_wire.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

namespace clamor::automod {
namespace {

constexpr int kPollMs = 1000;
constexpr std::size_t kSuspicious = 50;  // answers in a row
constexpr ModelQueue::BatchId kNoBatch = 0;

MonoTime monotonic_now() {
    return MonoTime(std::chrono::steady_clock::now().time_since_epoch());
}

/// A batch, or the question which model it is, on its way, and what came back of it.
struct Transfer {
    Transfer() = default;
    ~Transfer() {
        if (easy != nullptr) curl_easy_cleanup(easy);
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    ModelQueue::BatchId id = kNoBatch;
    std::size_t count = 0;
    std::string question;
    std::string answer;
    std::size_t head_bytes = 0;
    bool too_large = false;
    CURL* easy = nullptr;
};

extern "C" {
std::size_t clamor_take_model_answer(char* bytes, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    if (size > limits::kModelAnswerBytes - transfer.answer.size()) {
        transfer.too_large = true;
        return 0;  // ends the transfer
    }
    transfer.answer.append(bytes, size);
    return size;
}
std::size_t clamor_take_model_head(char*, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    transfer.head_bytes += size;
    transfer.too_large = transfer.head_bytes > limits::kHttpHeaderBytes;
    return transfer.too_large ? 0 : size;
}
}

Unavailable reason_of(CURLcode result) {
    switch (result) {
        case CURLE_OPERATION_TIMEDOUT:
            return Unavailable::late;
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:  // what looks like HTTP/0.9
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_HTTP2:
        case CURLE_WRITE_ERROR:
            return Unavailable::nonsense;
        default:
            return Unavailable::unreachable;
    }
}

}  // namespace

class CurlModelRoute::Impl {
  public:
    explicit Impl(const Options& options) : options_(options), queue_(options, counters_) {
        const auto fault = fault_in(options);
        CLAMOR_CHECK(fault.empty(), fault.c_str());
        address_ = *parse_model_url(options.url);
        labels_ = *ModelLabels::parse(options.labels);
        curl_global_init(CURL_GLOBAL_DEFAULT);
        multi_ = curl_multi_init();
        CLAMOR_CHECK(multi_ != nullptr, "libcurl has memory");
        for (const char* header :
             {"Content-Type: application/json", "Accept: application/json", "Expect:"})
            headers_ = curl_slist_append(headers_, header);
        thread_ = std::thread([this] { run(); });
        pthread_setname_np(thread_.native_handle(), "model");
    }
    ~Impl() {
        stop_ = true;
        curl_multi_wakeup(multi_);
        thread_.join();
        curl_multi_cleanup(multi_);
        curl_slist_free_all(headers_);
        curl_global_cleanup();
    }

    std::optional<Unavailable> ask(std::string text, Answered answered) {
        ModelQueue::Asked asked;
        {
            const std::lock_guard lock(mutex_);
            asked = queue_.ask(std::move(text), std::move(answered), monotonic_now());
        }
        if (asked.wake) curl_multi_wakeup(multi_);
        return asked.refused;
    }
    const ModelCounters& counters() const { return counters_; }
    ModelIdentity identity() const {
        const std::lock_guard lock(mutex_);
        return identity_;
    }

  private:
    void run() {
        while (!stop_) {
            ModelQueue::Decisions decisions;
            ask_which_model();
            expire_and_send(decisions);
            tell(decisions);
            int running = 0;
            curl_multi_perform(multi_, &running);
            finish_some(decisions);
            tell(decisions);
            say_breaker();
            curl_multi_poll(multi_, nullptr, 0, poll_ms(), nullptr);
        }
        for (auto& [easy, transfer] : active_) curl_multi_remove_handle(multi_, easy);
        active_.clear();
        ModelQueue::Decisions decisions;
        {
            const std::lock_guard lock(mutex_);
            queue_.stop(decisions);
        }
        tell(decisions);
    }

    static void tell(ModelQueue::Decisions& decisions) {
        for (const auto& decided : decisions) decided.tell();
        decisions.clear();
    }

    void expire_and_send(ModelQueue::Decisions& decisions) {
        std::vector<ModelQueue::BatchId> given_up;
        std::vector<ModelQueue::Batch> batches;
        {
            const std::lock_guard lock(mutex_);
            const auto now = monotonic_now();
            given_up = queue_.expire(now, decisions);
            while (auto batch = queue_.take(now)) batches.push_back(std::move(*batch));
        }
        if (!given_up.empty()) last_failure_ = "no answer within the deadline";
        for (const auto id : given_up) abort(id);
        for (const auto& batch : batches) send(batch);
    }

    void abort(ModelQueue::BatchId id) {
        const auto found = std::find_if(active_.begin(), active_.end(),
                                        [id](const auto& entry) { return entry.second->id == id; });
        if (found == active_.end()) return;
        curl_multi_remove_handle(multi_, found->first);
        active_.erase(found);
    }

    void send(const ModelQueue::Batch& batch) {
        auto transfer = std::make_unique<Transfer>();
        transfer->id = batch.id;
        transfer->count = batch.texts.size();
        transfer->question = encode_questions(batch.texts, options_.scores);
        // The queue gives it up before, when the last of its questions is past its deadline.
        begin(std::move(transfer), address_.predict_url, options_.deadline);
    }

    /// At the start, after a pause, and now and then: a server may be exchanged without a failure.
    void ask_which_model() {
        const auto now = monotonic_now();
        if (now < info_due_ || said_ != CircuitBreaker::State::closed) return;
        info_due_ = now + limits::kModelInfoEvery;
        begin(std::make_unique<Transfer>(), address_.info_url, limits::kModelInfoPatience);
    }

    /// With a question in it POST, else GET.
    void begin(std::unique_ptr<Transfer> transfer, const std::string& url,
               std::chrono::milliseconds patience) {
        CURL* easy = transfer->easy = curl_easy_init();
        CLAMOR_CHECK(easy != nullptr, "libcurl has memory");
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        if (!address_.unix_socket.empty())
            curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, address_.unix_socket.c_str());
        if (!transfer->question.empty()) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->question.data());
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                             static_cast<long>(transfer->question.size()));
        }
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        // Giving up must not wait for a resolver.
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, clamor_take_model_head);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, clamor_take_model_answer);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
        curl_multi_add_handle(multi_, easy);
        active_.emplace(easy, std::move(transfer));
    }

    void finish_some(ModelQueue::Decisions& decisions) {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* const easy = message->easy_handle;
            const CURLcode result = message->data.result;
            const Transfer& transfer = *active_.at(easy);
            if (transfer.id == kNoBatch) {
                note_which_model(transfer, result);
            } else {
                auto outcome = outcome_of(transfer, result);
                const std::lock_guard lock(mutex_);
                queue_.finish(transfer.id, std::move(outcome), monotonic_now(), decisions);
            }
            curl_multi_remove_handle(multi_, easy);
            active_.erase(easy);
        }
    }

    /// A server that gives no answer is as it was; one that answers anything else is unknown.
    void note_which_model(const Transfer& transfer, CURLcode result) {
        if (result != CURLE_OK && !transfer.too_large) return;
        const bool answered = !transfer.too_large && status_of(transfer) == 200;
        auto identity = answered ? parse_info(transfer.answer) : ModelIdentity();
        if (identity == identity_) return;
        log::info("the inference server has another model",
                  {{"url", options_.url}, {"model", identity.name}, {"version", identity.version}});
        const std::lock_guard lock(mutex_);
        identity_ = std::move(identity);
    }

    static long status_of(const Transfer& transfer) {
        long status = 0;
        curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
        return status;
    }

    ModelQueue::Outcome outcome_of(const Transfer& transfer, CURLcode result) {
        const auto failed = [this](Unavailable reason, std::string why) {
            last_failure_ = std::move(why);
            return tl::unexpected(reason);
        };
        if (transfer.too_large) return failed(Unavailable::nonsense, "the answer is too long");
        if (result != CURLE_OK) return failed(reason_of(result), curl_easy_strerror(result));
        if (const long status = status_of(transfer); status != 200)
            return failed(Unavailable::refused, "the answer was " + std::to_string(status));
        auto scores = parse_answers(transfer.answer, transfer.count, labels_, options_.scores);
        if (!scores) return failed(Unavailable::nonsense, scores.error().detail);
        doubt_scores(*scores);
        return std::move(*scores);
    }

    /// The labels of toxic-bert do not exclude each other, but some servers answer as if they did:
    /// then one of six is great whatever the text, and only the operator can mend it.
    void doubt_scores(const std::vector<ModelScores>& all) {
        if (!options_.labels.empty() || options_.scores != ScoreKind::probabilities) return;
        for (const auto& scores : all) exclusive_ = scores.exclusive ? exclusive_ + 1 : 0;
        if (exclusive_ < kSuspicious || doubted_) return;
        doubted_ = true;
        log::warn(
            "the model's scores add up to 1 although its labels do not exclude each other; "
            "automod.model.scores = \"logits\" would mend it",
            {{"url", options_.url}});
    }

    void say_breaker() {
        using State = CircuitBreaker::State;
        State state{};
        {
            const std::lock_guard lock(mutex_);
            state = queue_.breaker();
        }
        if (state == said_) return;
        if (state == State::closed) {
            log::info("the model answers again", {{"url", options_.url}});
            info_due_ = MonoTime();
        } else if (said_ == State::closed) {
            log::warn("the model is not asked for a while",
                      {{"url", options_.url}, {"why", last_failure_}});
        }
        said_ = state;
    }

    int poll_ms() {
        auto at = said_ == CircuitBreaker::State::closed ? info_due_ : MonoTime::max();
        {
            const std::lock_guard lock(mutex_);
            at = std::min(at, queue_.wake_at().value_or(MonoTime::max()));
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - monotonic_now());
        return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kPollMs));
    }

    const Options options_;
    ModelAddress address_;
    ModelLabels labels_;
    ModelCounters counters_;  // written under the lock
    CURLM* multi_ = nullptr;
    curl_slist* headers_ = nullptr;
    std::map<CURL*, std::unique_ptr<Transfer>> active_;  // the thread's
    std::string last_failure_;                           // the thread's
    std::size_t exclusive_ = 0;                          // the thread's: answers in a row
    bool doubted_ = false;                               // the thread's
    CircuitBreaker::State said_ = CircuitBreaker::State::closed;
    MonoTime info_due_{};  // the thread's
    std::atomic<bool> stop_{false};
    mutable std::mutex mutex_;
    ModelQueue queue_;
    ModelIdentity identity_;  // written by the thread, under the lock
    std::thread thread_;
};

CurlModelRoute::CurlModelRoute(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
CurlModelRoute::~CurlModelRoute() = default;

std::optional<Unavailable> CurlModelRoute::ask(std::string text, Answered answered) {
    return impl_->ask(std::move(text), std::move(answered));
}
const ModelCounters& CurlModelRoute::counters() const {
    return impl_->counters();
}
ModelIdentity CurlModelRoute::identity() const {
    return impl_->identity();
}

}  // namespace clamor::automod
