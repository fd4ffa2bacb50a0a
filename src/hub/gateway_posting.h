// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "hub/gateway.h"
#include "hub/hub_impl.h"

namespace clamor::hub {

template <class Run>
void HubGateway::on_owner(ChannelId channel, Run run) {
    const ShardId owner = owner_shard(channel, static_cast<std::uint16_t>(hubs_.size()));
    Hub::Impl* const hub = hubs_[owner.value]->impl_.get();
    scheduler().post_to(owner, Priority::control,
                        [hub, run = std::move(run)]() mutable { run(*hub); });
}

template <class Run>
void HubGateway::on_all(Run run) {
    for (std::size_t i = 0; i < hubs_.size(); ++i) {
        Hub::Impl* const hub = hubs_[i]->impl_.get();
        scheduler().post_to(ShardId(static_cast<std::uint16_t>(i)), Priority::control,
                            [hub, run] { run(*hub); });
    }
}

}  // namespace clamor::hub
