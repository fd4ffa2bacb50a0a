// SPDX-License-Identifier: Apache-2.0
// Certificates of a test's own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate for 127.0.0.1 and localhost that signs itself, in a folder that remove() takes away. */
export class Papers {
    #folder = mkdtempSync(join(tmpdir(), 'clamor-tls-'));
    certificateFile = join(this.#folder, 'server.crt');
    keyFile = join(this.#folder, 'server.key');

    constructor() {
        this.renew();
    }
    /** Another certificate and key in the same files. */
    renew({ days = 90 } = {}) {
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', this.keyFile,
            '-out', this.certificateFile, '-subj', '/CN=clamor', '-days', String(days), '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
            { stdio: 'ignore' });
    }
    get certificate() {
        return readFileSync(this.certificateFile, 'utf8');
    }
    /** Settings of [server] with which a server speaks TLS at ports of its choice. */
    get settings() {
        return { https: '127.0.0.1:0', ircs: '127.0.0.1:0', cert_file: this.certificateFile, key_file: this.keyFile };
    }
    remove() {
        rmSync(this.#folder, { recursive: true, force: true });
    }
}

/** Where the server that was started last speaks TLS: its ports for HTTP and IRC. */
export function tlsPorts(server) {
    const told = [...server.log.matchAll(/ https=127\.0\.0\.1:(\d+) +ircs=127\.0\.0\.1:(\d+)/g)].at(-1);
    return { https: Number(told[1]), ircs: Number(told[2]) };
}
