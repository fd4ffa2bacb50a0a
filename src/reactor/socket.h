// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include "base/result.h"
#include "reactor/endpoint.h"
#include "reactor/fd.h"

/// The socket calls that both engines share.
namespace clamor::reactor::socket {

/// Connections that wait in the kernel until they are accepted.
inline constexpr int kListenBacklog = 4096;

/// `shared`: with SO_REUSEPORT, for the shards of one server, which lets any other process of the
/// user share the port as well.
enum class PortUse : bool { exclusive, shared };

/// A bound, listening TCP socket. The address `::` listens on IPv4 too.
Result<Fd> open_listener(const Endpoint& at, bool non_blocking, PortUse use = PortUse::shared);
Result<Endpoint> local_endpoint(int fd);
/// All zero when the connection is already gone.
Endpoint peer_endpoint(int fd);

/// A socket that is connecting, non-blocking. The refusal of a loopback peer may be known at once:
/// an error.
Result<Fd> start_connect(const Endpoint& to);
/// The socket's pending error as an errno value, 0 when there is none.
int take_error(int fd);

Result<void> set_non_blocking(int fd, bool non_blocking);
/// What every stream's descriptor gets: TCP_NODELAY, SO_SNDBUF. io_uring wants blocking descriptors
/// (on non-blocking ones its receive ends with EAGAIN instead of waiting), epoll non-blocking ones.
Result<void> prepare_stream(int fd, int send_buffer_bytes, bool non_blocking);
/// The next close() of the descriptor sends RST and forgets unsent bytes.
void reset_on_close(int fd);

}  // namespace clamor::reactor::socket
