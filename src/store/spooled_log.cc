// SPDX-License-Identifier: Apache-2.0
#include "store/spooled_log.h"

#include <algorithm>

#include <pthread.h>

#include "base/check.h"
#include "base/log.h"

namespace clamor::store {

namespace {

/// Writes what an earlier process left, in the order in which it was given: part by part.
class LeftEntries {
  public:
    LeftEntries(MessageLog& log, RefusedEntries& refused) : log_(log), refused_(refused) {}

    Result<void> write(const LogEntry& entry) {
        if (const auto* message = std::get_if<StoredMessage>(&entry)) {
            messages_.push_back(*message);
            return messages_.size() < limits::kLogBatch ? Result<void>() : flush();
        }
        if (auto written = flush(); !written) return written;
        if (const auto* deletion = std::get_if<Deletion>(&entry))
            return log_.mark_deleted({deletion, 1});
        const auto& restoration = std::get<Restoration>(entry);
        return log_.restore(restoration.channel, restoration.by);
    }
    Result<void> flush() {
        if (messages_.empty()) return {};
        auto written = RefusedEntries::append_others(log_, messages_);
        if (!written) return tl::unexpected(written.error());
        for (const std::size_t index : *written) refused_.set_aside(messages_[index]);
        messages_.clear();
        return {};
    }

  private:
    MessageLog& log_;
    RefusedEntries& refused_;
    std::vector<StoredMessage> messages_;
};

}  // namespace

/// Reads history behind all that was appended before. Rooms that load facts do not wait: they see
/// what happens themselves, and would stand still behind a bulk of acts.
class SpooledLog::Reading final : public MessageLog {
  public:
    Reading(SpooledLog& queue, MessageLog& log) : queue_(queue), log_(log) {}

    Result<void> append(std::span<const StoredMessage>) override { return read_only(); }
    Result<void> mark_deleted(std::span<const Deletion>) override { return read_only(); }
    Result<void> restore(ChannelId, MessageId) override { return read_only(); }
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        queue_.catch_up(query.channel);
        return log_.read(query);
    }
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        queue_.catch_up(channel);
        return log_.find(channel, id);
    }
    Result<LastMessage> last(ChannelId channel) override { return log_.last(channel); }
    Result<LastMessages> last_of_regions(ChannelId channel) override {
        return log_.last_of_regions(channel);
    }
    Result<bool> has_author(ChannelId channel, UserId author) override {
        return log_.has_author(channel, author);
    }

  private:
    static Result<void> read_only() {
        return fail(std::errc::read_only_file_system,
                    "what changes the message log goes by its queue");
    }

    SpooledLog& queue_;
    MessageLog& log_;
};

SpooledLog::SpooledLog(MessageLog& log, SpooledLogOptions options)
    : options_(std::move(options)),
      retry_(mutex_, wake_, waiting_,
             {.pause_min = options_.retry_pause_min,
              .pause_max = options_.retry_pause_max,
              .broken = "the spool cannot be written; messages wait in memory and are tried again",
              .mended = "the spool is written again"}) {
    CLAMOR_CHECK(options_.group_max > 0, "a group holds at least one entry");
    reading_ = std::make_unique<Reading>(*this, log);
}

Result<std::unique_ptr<SpooledLog>> SpooledLog::open(MessageLog& log, SpooledLogOptions options) {
    std::unique_ptr<SpooledLog> opened(new SpooledLog(log, std::move(options)));
    const bool later = opened->options_.write_left_later;
    WaitingChannels left;
    std::uint64_t number = 0;
    std::uint64_t unreadable = 0;
    auto spool = Spool::open(opened->options_.spool, [&](std::string_view record) {
        const auto entry = decode_log_entry(record);
        if (entry) {
            note_waiting(left, *entry, number);
        } else if (unreadable++ == 0) {
            log::error("an entry of the spool cannot be read; another version may have written it",
                       {{"error", entry.error().to_string()}});
        }
        ++number;
    });
    if (!spool) return tl::unexpected(spool.error());
    opened->spool_ = *std::move(spool);
    const std::uint64_t entries = opened->spool_->left() - unreadable;
    opened->start_writer(log, later ? std::move(left) : WaitingChannels(), later ? 0 : number,
                         number);
    if (later && number > 0) {
        log::info("the message log takes over what was left in the spool as soon as it can",
                  {{"entries", entries}, {"unreadable", unreadable}});
    } else if (number > 0) {
        if (auto written = opened->write_left(log); !written)
            return tl::unexpected(written.error());
        log::info("the message log has taken over what was left in the spool",
                  {{"entries", entries}, {"unreadable", unreadable}});
    }
    opened->counters_.bytes.set(opened->spool_->bytes());
    opened->thread_ = std::thread([queue = opened.get()] { queue->run(); });
    return opened;
}

void SpooledLog::start_writer(MessageLog& log, WaitingChannels left, std::uint64_t from,
                              std::uint64_t upto) {
    LogWriterOptions writer = options_.writer;
    writer.on_written = [this](std::uint64_t before) {
        in_log_.store(before, std::memory_order_relaxed);
        const std::lock_guard lock(mutex_);
        written_ = true;
        if (idle_) wake_.notify_one();
    };
    Backlog backlog{.read =
                        [this](std::uint64_t first, std::uint64_t end, const auto& each) {
                            return spool_->read(first, end, [&each](std::string_view record) {
                                // What could not be read has been told at the start.
                                if (auto entry = decode_log_entry(record)) each(*std::move(entry));
                            });
                        },
                    .from = from,
                    .upto = upto,
                    .channels = std::move(left)};
    writer_ = std::make_unique<LogWriter>(log, writer, std::move(backlog));
}

/// Before anybody is served.
Result<void> SpooledLog::write_left(MessageLog& log) {
    LeftEntries entries(log, writer_->refused());
    const std::uint64_t left = spool_->left();
    for (std::uint64_t from = 0; from < left;) {
        Result<void> written;
        const auto next = spool_->read(from, left, [&](std::string_view record) {
            const auto entry = decode_log_entry(record);
            if (entry && written) written = entries.write(*entry);
        });
        if (!next) return tl::unexpected(next.error());
        if (!written) return written;
        from = *next;
    }
    if (auto written = entries.flush(); !written) return written;
    in_log_ = left;
    release();
    return {};
}

SpooledLog::~SpooledLog() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            retry_.stop(options_.stop_timeout);
        }
        wake_.notify_one();
        thread_.join();
    }
    writer_.reset();  // writes what it has
    if (spool_) release();
}

void SpooledLog::release() {
    spool_->release(in_log_.load(std::memory_order_relaxed));
}

int SpooledLog::fullness() const {
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return static_cast<int>(std::min<std::uint64_t>(part * 100 / whole, 100));
    };
    return std::max(share(counters_.bytes.value(), options_.spool.bytes_max),
                    share(waiting(), options_.writer.queue_max));
}

void SpooledLog::watch_fullness() {
    const bool alarming = fullness() >= limits::kSpoolAlarmPercent;
    if (alarming == alarmed_) return;
    alarmed_ = alarming;
    if (!alarming) {
        log::info("the spool has room again", {{"percent", fullness()}});
        return;
    }
    log::error(
        "the spool fills: the message log does not take what is said; when it is full, echoes are "
        "withheld and new messages refused",
        {{"percent", fullness()},
         {"bytes", counters_.bytes.value()},
         {"bytes_max", options_.spool.bytes_max},
         {"entries", waiting() + writer_->waiting()}});
}

MessageLog& SpooledLog::log() {
    return *reading_;
}

bool SpooledLog::accepting() const {
    return waiting() < options_.writer.queue_max;
}

void SpooledLog::append(StoredMessage message, Task on_durable) {
    enqueue({std::move(message), std::move(on_durable)});
}

void SpooledLog::mark_deleted(Deletion deletion) {
    enqueue({std::move(deletion), {}});
}

void SpooledLog::restore(ChannelId channel, MessageId by) {
    enqueue({Restoration{channel, by}, {}});
}

void SpooledLog::enqueue(Entry entry) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        CLAMOR_CHECK(!retry_.stopping(), "given to a log that is being stopped");
        queue_.push_back(std::move(entry));
        ++taken_;
        waiting_.fetch_add(1, std::memory_order_relaxed);
        // Between two groups the thread sleeps by the clock: nobody pays for waking it.
        wake = std::exchange(idle_, false) || queue_.size() == options_.group_max;
    }
    if (wake) wake_.notify_one();
}

Position SpooledLog::last_waiting(ChannelId channel) const {
    const std::lock_guard lock(mutex_);
    for (const auto* entries : {&queue_, &group_}) {
        for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
            const auto* message = std::get_if<StoredMessage>(&entry->what);
            if (message != nullptr && message->channel == channel) return message->position;
        }
    }
    return writer_->last_waiting(channel);
}

void SpooledLog::catch_up(ChannelId channel) {
    const auto deadline = Clock::now() + limits::kCatchUpPatience;
    {
        std::unique_lock lock(mutex_);
        const std::uint64_t enough = taken_;
        handed_on_.wait_until(lock, deadline, [&] { return degraded() || done_ >= enough; });
    }
    writer_->catch_up(channel, deadline);
}

void SpooledLog::run() {
    pthread_setname_np(pthread_self(), "log-spool");
    while (take_group()) {
        if (!group_.empty()) {
            if (!write_group()) {
                log::error("messages or deletions were lost: the spool kept failing until the stop",
                           {{"lost", waiting()}});
                return;
            }
            hand_on();
        }
        release();
        counters_.bytes.set(spool_->bytes());
        watch_fullness();
    }
}

bool SpooledLog::take_group() {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, group_started_ + options_.interval,
                     [this] { return retry_.stopping() || queue_.size() >= options_.group_max; });
    idle_ = queue_.empty();
    wake_.wait(lock, [this] { return retry_.stopping() || !queue_.empty() || written_; });
    idle_ = written_ = false;
    while (!queue_.empty() && group_.size() < options_.group_max) {
        group_.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return !group_.empty() || !retry_.stopping();
}

bool SpooledLog::write_group() {
    records_.resize(group_.size());
    for (std::size_t i = 0; i < group_.size(); ++i) {
        records_[i].clear();
        encode_log_entry(group_[i].what, records_[i]);
    }
    return retry_.until_written(
        [this] {
            group_started_ = Clock::now();
            Result<void> written = spool_->append(records_);
            if (written) {
                const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
                    Clock::now() - group_started_);
                counters_.commit.record(static_cast<std::uint64_t>(took.count()));
                counters_.commits.add();
                counters_.appended.add(group_.size());
            }
            return written;
        },
        [this] {
            counters_.failures.add();
            handed_on_.notify_all();
            // The spool may be full of what the log has meanwhile.
            release();
            watch_fullness();
        });
}

void SpooledLog::hand_on() {
    std::vector<LogEntry> entries;
    std::vector<Task> tasks;
    entries.reserve(group_.size());
    {
        const std::lock_guard lock(mutex_);
        for (Entry& entry : group_) {
            entries.push_back(std::move(entry.what));
            if (entry.on_durable) tasks.push_back(std::move(entry.on_durable));
        }
        // Behind the lock of last_waiting(), so that what leaves here is there.
        writer_->append_all(std::move(entries));
        done_ += group_.size();
        waiting_.fetch_sub(group_.size(), std::memory_order_relaxed);
        group_.clear();
    }
    handed_on_.notify_all();
    for (Task& task : tasks) task();
}

}  // namespace clamor::store
