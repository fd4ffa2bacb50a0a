// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clamor::auth {

/// How a JWT is signed. Each key is for exactly one of them, so that a token cannot choose.
enum class Algorithm : std::uint8_t { hs256, rs256, eddsa };
/// `HS256`, `RS256`, `EdDSA`, as in a JWT's header.
std::string_view name_of(Algorithm algorithm);
std::optional<Algorithm> algorithm_of(std::string_view name);

/// A key that checks signatures. Immutable, and cheap to copy; any thread.
class Key {
  public:
    struct Material;

    Algorithm algorithm() const { return algorithm_; }
    /// The name by which a token's `kid` selects it; empty: none.
    const std::string& id() const { return id_; }
    bool verify(std::string_view text, std::string_view signature) const;

  private:
    friend class KeyMaker;
    Key(Algorithm algorithm, std::string id, std::shared_ptr<const Material> material)
        : algorithm_(algorithm), id_(std::move(id)), material_(std::move(material)) {}

    Algorithm algorithm_;
    std::string id_;
    std::shared_ptr<const Material> material_;
};

/// A key that signs, for tests and trials: a server has none.
class SigningKey {
  public:
    Algorithm algorithm() const { return algorithm_; }
    std::string sign(std::string_view text) const;

  private:
    friend class KeyMaker;
    SigningKey(Algorithm algorithm, std::shared_ptr<const Key::Material> material)
        : algorithm_(algorithm), material_(std::move(material)) {}

    Algorithm algorithm_;
    std::shared_ptr<const Key::Material> material_;
};

// What is wrong with a key is std::errc::invalid_argument and a sentence; a file that cannot be
// read fails with the system's reason.

/// A PEM file with an RSA key of at least 2,048 bits or an Ed25519 key, both public. It is named as
/// the file without its folder and its last extension.
Result<Key> load_public_key(const std::string& path);
/// A file that is the secret of HS256, of at least 32 bytes; one line end after it is not part of
/// it. It is named as above. A file that looks like any other key is refused: a public key in the
/// place of a secret would let everybody sign.
Result<Key> load_secret(const std::string& path);
/// A JWK set: its RSA and Ed25519 keys for signatures. Others are left out, secrets too: a set is
/// public. Refused when it is no set, a key of it is broken, or it has more than
/// limits::kJwtKeysMax.
Result<std::vector<Key>> parse_jwks(std::string_view text);
/// Any of the public kinds: a JWK set when the text begins with a brace, else PEM.
Result<std::vector<Key>> load_public_keys(const std::string& path);
/// A private RSA or Ed25519 key in PEM, or the secret of HS256.
Result<SigningKey> load_signing_key(const std::string& path);

}  // namespace clamor::auth
