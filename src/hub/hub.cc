// SPDX-License-Identifier: Apache-2.0
#include "hub/hub.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "hub/hub_impl.h"

namespace clamor::hub {

std::uint64_t token_fingerprint(std::string_view hash_hex) {
    std::uint64_t value = 0;
    std::from_chars(hash_hex.data(), hash_hex.data() + std::min<std::size_t>(hash_hex.size(), 16),
                    value, 16);
    return value;
}

void Skipped::add(chat::ShedClass shed_class, Position position) {
    if (first == Position{}) first = position;
    last = position;
    perhaps = false;
    ++by_class[static_cast<std::size_t>(shed_class)];
}

void Skipped::add(const Skipped& later) {
    perhaps = later.perhaps && (perhaps || *this == Skipped{});
    if (first == Position{}) first = later.first;
    last = later.last;
    for (std::size_t i = 0; i < by_class.size(); ++i) by_class[i] += later.by_class[i];
}

ShardId owner_shard(ChannelId channel, std::uint16_t shard_count) {
    return ShardId(
        static_cast<std::uint16_t>((std::hash<ChannelId>()(channel) >> 32) % shard_count));
}

Hub::Hub(Scheduler& scheduler, const std::vector<Hub*>& peers, const Services& services,
         const Options& options)
    : impl_(std::make_unique<Impl>(scheduler, peers, services, options)) {}
Hub::~Hub() = default;

MemberRef Hub::add(Member& member) {
    return impl_->add(member);
}
void Hub::remove(MemberRef ref) {
    impl_->remove(ref);
}
void Hub::join(MemberRef ref, RequestId request, std::string login, std::vector<Position> had) {
    impl_->join(ref, request, std::move(login), std::move(had));
}
void Hub::send(MemberRef ref, RequestId request, SendRequest message) {
    impl_->send(ref, request, std::move(message));
}
void Hub::names(MemberRef ref, RequestId request, std::string login) {
    impl_->names(ref, request, std::move(login));
}
void Hub::catch_up(MemberRef ref, RequestId request, ChannelId channel,
                   std::vector<CatchUp::Range> ranges) {
    impl_->catch_up(ref, request, channel, std::move(ranges));
}
void Hub::act(MemberRef ref, RequestId request, std::string channel_login, chat::Act act) {
    impl_->act(ref, request, channel_login, std::move(act));
}
void Hub::set_observer(Observer* observer) {
    impl_->set_observer(observer);
}
void Hub::watch(ChannelId channel) {
    impl_->watch(channel);
}
void Hub::unwatch(ChannelId channel) {
    impl_->unwatch(channel);
}
bool Hub::leave(MemberRef ref, const std::string& login) {
    return impl_->leave(ref, login);
}
std::size_t Hub::channels_of(MemberRef ref) const {
    return impl_->channels_of(ref);
}
void Hub::visit_rooms(
    const std::function<void(ChannelId, const std::string&, std::size_t)>& visit) const {
    impl_->visit(visit);
}
void Hub::hurry() {
    impl_->hurry();
}
const HubCounters& Hub::counters() const {
    return impl_->counters();
}

}  // namespace clamor::hub
