// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/connection.h"

#include <array>
#include <utility>
#include <vector>

#include <hiredis/hiredis.h>

#include "base/check.h"
#include "base/limits.h"
#include "bus/redis/tls.h"

namespace clamor::bus::redis {

namespace {

struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

constexpr std::size_t kRedisLineBytes = 64 * 1024;  // PROTO_INLINE_MAX_SIZE

/// Redis says these to those whom it will say the same to the next time.
bool refuses(std::string_view error) {
    for (const std::string_view kind : {"NOAUTH", "WRONGPASS", "NOPERM"}) {
        if (error.starts_with(kind)) return true;
    }
    return error.starts_with("ERR Client sent AUTH") || error.starts_with("ERR AUTH") ||
           error.starts_with("ERR DB index");
}

}  // namespace

bool Reply::is_error() const {
    return reply_.type == REDIS_REPLY_ERROR;
}
std::string_view Reply::text() const {
    const bool has_text = reply_.type == REDIS_REPLY_STRING || reply_.type == REDIS_REPLY_STATUS ||
                          reply_.type == REDIS_REPLY_ERROR;
    return has_text ? std::string_view(reply_.str, reply_.len) : std::string_view();
}
std::int64_t Reply::number() const {
    return reply_.type == REDIS_REPLY_INTEGER ? reply_.integer : 0;
}
std::size_t Reply::size() const {
    return reply_.type == REDIS_REPLY_ARRAY ? reply_.elements : 0;
}
Reply Reply::operator[](std::size_t index) const {
    CLAMOR_CHECK(index < size(), "an element of the reply");
    return Reply(*reply_.element[index]);
}

void Connection::FreeReader::operator()(redisReader* reader) const {
    redisReaderFree(reader);
}

Connection::Connection(Scheduler& scheduler, reactor::Engine& engine, Login login, Owner owner)
    : scheduler_(scheduler), engine_(engine), login_(std::move(login)), owner_(std::move(owner)) {}

Connection::~Connection() = default;

void Connection::connect(const reactor::Endpoint& to, const std::string& host) {
    CLAMOR_CHECK(state_ == State::closed, "a connection connects when it is closed");
    state_ = State::connecting;
    reader_.reset(redisReaderCreate());
    CLAMOR_CHECK(reader_ != nullptr, "there is memory");
    host_ = host;
    tls_.reset();
    waiting_.clear();
    out_.clear();
    why_.clear();
    refused_ = subscriber_ = sending_ = mute_ = false;
    const std::uint64_t life = ++life_;
    timeout_ =
        scheduler_.call_at(scheduler_.now().mono + limits::kRedisConnectTimeout, [this, life] {
            if (life != life_ || state_ != State::connecting) return;
            close(mute_ && login_.tls ? "it does not answer; where it speaks no TLS, its address "
                                        "begins with redis, not rediss"
                                      : "it does not answer");
        });
    if (login_.tls && !heard_ever_) {
        probe_ = scheduler_.call_at(scheduler_.now().mono + limits::kRedisConnectTimeout / 2,
                                    [this, life] {
                                        if (life == life_) probe_plain_text();
                                    });
    }
    auto started = engine_.connect(*this, to);
    if (started) return;
    // Not from inside this call: the owner may connect again.
    state_ = State::closing;
    scheduler_.post_to(scheduler_.shard(), Priority::control,
                       [this, life, why = started.error().code] {
                           if (life == life_) on_closed(why);
                       });
}

/// A Redis without TLS takes our first words for the beginning of a line, whose end it waits for:
/// it says that a line of so many bytes is too long, and that is not TLS. The last byte is the one
/// too many, or the answer could be lost with what was not read. A server that is only slow says
/// that this is not TLS, and is not probed the next time.
void Connection::probe_plain_text() {
    if (state_ != State::connecting || !mute_ || sending_ || first_words_ > kRedisLineBytes) return;
    sending_ = true;
    on_way_ = std::string(kRedisLineBytes + 1 - first_words_, ' ');
    const std::string_view part = on_way_;
    engine_.send(*this, std::span(&part, 1));
}

void Connection::close(std::string why, bool refused) {
    if (state_ == State::closed || state_ == State::closing) return;
    state_ = State::closing;
    why_ = std::move(why);
    refused_ = refused;
    engine_.close(*this, reactor::CloseMode::hard);
}

void Connection::ask(std::span<const std::string_view> command, Answer answer) {
    CLAMOR_CHECK(!subscriber_, "a subscriber asks nothing");
    if (state_ == State::closing) return;
    append(command);
    waiting_.push_back({.asked_at = scheduler_.now().mono, .answer = std::move(answer)});
}

void Connection::subscribe(std::initializer_list<std::string_view> command) {
    if (state_ == State::closing) return;
    subscriber_ = true;
    append(std::span(command.begin(), command.size()));
}

void Connection::set_receiving(bool on) {
    if (state_ == State::open) engine_.set_receiving(*this, on);
}

void Connection::append(std::span<const std::string_view> command) {
    CLAMOR_CHECK(state_ != State::closed, "what is sent has a connection");
    std::array<const char*, 32> parts;
    std::array<std::size_t, 32> sizes;
    CLAMOR_CHECK(command.size() <= parts.size(), "a command of ours is short");
    for (std::size_t i = 0; i < command.size(); ++i) {
        parts[i] = command[i].data();
        sizes[i] = command[i].size();
    }
    char* formatted = nullptr;
    const int size = redisFormatCommandArgv(&formatted, static_cast<int>(command.size()),
                                            parts.data(), sizes.data());
    CLAMOR_CHECK(size > 0, "there is memory");
    out_.append(formatted, static_cast<std::size_t>(size));
    redisFreeCommand(formatted);
    send_soon();
}

/// All commands of a turn go out together.
void Connection::send_soon() {
    if (sending_ || send_queued_) return;
    send_queued_ = true;
    scheduler_.call_at_end_of_turn([this] {
        send_queued_ = false;
        send();
    });
}

void Connection::send() {
    if (sending_ || state_ == State::closed || state_ == State::closing) return;
    if (tls_) tls_->write(std::exchange(out_, {}));
    std::string next = tls_ ? tls_->take_output() : std::exchange(out_, {});
    if (next.empty()) return;
    sending_ = true;
    on_way_ = std::move(next);
    const std::string_view part = on_way_;
    engine_.send(*this, std::span(&part, 1));
}

void Connection::on_sent() {
    sending_ = false;
    send();
}

void Connection::on_connected() {
    heard_at_ = scheduler_.now().mono;
    mute_ = true;
    if (!login_.tls) return log_in();
    tls_ = std::make_unique<reactor::TlsSession>(*login_.tls, host_);
    send();
    first_words_ = on_way_.size();
}

void Connection::log_in() {
    const auto must = [this](const Reply& reply) {
        if (reply.is_error()) close(std::string(reply.text()), refuses(reply.text()));
    };
    if (!login_.password.empty()) {
        login_.user.empty() ? ask({"AUTH", login_.password}, must)
                            : ask({"AUTH", login_.user, login_.password}, must);
    }
    if (login_.database != 0) ask({"SELECT", std::to_string(login_.database)}, must);
    ask({"CLIENT", "SETNAME", login_.name}, [](const Reply&) {});
    ask({"PING"}, [this, must](const Reply& reply) {
        must(reply);
        if (state_ != State::connecting) return;
        state_ = State::open;
        scheduler_.cancel(timeout_);
        owner_.opened();
    });
}

void Connection::on_received(std::string_view bytes) {
    heard_at_ = scheduler_.now().mono;
    mute_ = false;
    heard_ever_ = true;
    if (!tls_) return read(bytes);
    const bool before = tls_->established();
    std::string plain;
    if (const auto fault = tls_->receive(bytes, plain)) {
        auto [why, lasting] = explain(*fault, host_);
        return close(std::move(why), lasting);
    }
    if (!before && tls_->established()) log_in();
    send();
    if (!plain.empty()) read(plain);
}

void Connection::read(std::string_view bytes) {
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
        return close(reader_->errstr);
    while (state_ == State::connecting || state_ == State::open) {
        void* raw = nullptr;
        if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
            return close(std::string("it does not speak Redis' protocol: ") + reader_->errstr);
        if (raw == nullptr) return;
        const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
        take(Reply(*reply));
    }
}

void Connection::take(const Reply& reply) {
    if (!waiting_.empty()) {
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        next.answer(reply);
    } else if (subscriber_) {
        owner_.pushed(reply);
    } else {
        close("it answers what was not asked");
    }
}

void Connection::on_closed(std::error_code why) {
    scheduler_.cancel(timeout_);
    scheduler_.cancel(probe_);
    state_ = State::closed;
    waiting_.clear();
    const bool by_us = !why_.empty();
    if (!by_us) why_ = why ? why.message() : "Redis closed the connection";
    if (mute_ && !by_us && !login_.tls)
        why_ += " before it said anything; where it speaks TLS, its address begins with rediss";
    owner_.closed(std::exchange(why_, {}), refused_);
}

}  // namespace clamor::bus::redis
