// SPDX-License-Identifier: Apache-2.0
// Files of AutoMod's built-in classifier that differ from the one in the program in their version only.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './server.mjs';

// The header, as src/automod/model.h has it.
const kChecksum = 24;
const kVersion = 32;
const kVersionBytes = 32;
const kFactor = 0x9e3779b97f4a7c15n;

function mix(hash, more) {
    const product = BigInt.asUintN(64, (hash ^ more) * kFactor);
    return product ^ (product >> 32n);
}

export function modelBytes(version) {
    const bytes = readFileSync(join(root, 'src/automod/model/builtin.bin'));
    bytes.fill(0, kVersion, kVersion + kVersionBytes);
    bytes.write(version, kVersion);
    let sum = mix(0n, BigInt(bytes.length - kVersion));
    let at = kVersion;
    for (; at + 8 <= bytes.length; at += 8) sum = mix(sum, bytes.readBigUInt64LE(at));
    for (; at < bytes.length; ++at) sum = mix(sum, BigInt(bytes[at]));
    bytes.writeBigUInt64LE(sum, kChecksum);
    return bytes;
}
