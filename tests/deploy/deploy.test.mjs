// SPDX-License-Identifier: Apache-2.0
// What is in deploy/, checked by the programs that read it, by Kubernetes' own schemas and by the binary (CLAMOR_BIN).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { validate as validateDockerfile } from 'dockerfile-utils';
import { documents, faults } from './kubernetes.mjs';

const root = resolve(fileURLToPath(new URL('.', import.meta.url)), '../..');
const deploy = join(root, 'deploy');
const binary = process.env.CLAMOR_BIN ?? process.env.CLAMOR_BINARY ?? join(root, 'build/release/clamor');
const read = (file) => readFileSync(join(deploy, file), 'utf8');

/** Runs a program that script/bootstrap --test installs; what it says when it does not end with 0. */
function run(program, args, env = {}) {
    const ran = spawnSync(program, args, { encoding: 'utf8', cwd: deploy, env: { ...process.env, ...env } });
    assert.ok(!ran.error, `${program}: script/bootstrap --test installs it: ${ran.error}`);
    assert.equal(ran.status, 0, `${program} ${args.join(' ')}:\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
}

/** `clamor check` with what the command line of a node says, as settings. */
function check(settings, args) {
    const value = (name) => args.find((arg) => arg.startsWith(`--${name}=`)).split('=').slice(1).join('=');
    const folder = mkdtempSync(join(tmpdir(), 'clamor-deploy-'));
    const file = join(folder, 'clamor.toml');
    const stores = `[redis]\nurl = "${value('redis')}"\n[catalog]\nurl = "${value('postgres')}"\n[dynamodb]\nurl = "${value('dynamodb')}"\n`;
    writeFileSync(file, `${settings}\n${stores}`);
    run(binary, ['check', file]);
    rmSync(folder, { recursive: true });
}

/** Says of each option of a node's command line whether `clamor serve` has it. */
function checkOptions(args) {
    const help = run(binary, ['serve', '--help']);
    for (const arg of args.slice(1)) assert.match(help, new RegExp(`^ +${arg.split('=')[0]}\\b`, 'm'));
}

const kComposeEnv = { CLAMOR_PASSWORD: 'secret' };

test('the Dockerfile is one that Docker reads, and its user is not root', () => {
    const text = read('Dockerfile');
    assert.deepEqual(validateDockerfile(text), []);
    assert.notDeepEqual(validateDockerfile(text.replace('ENTRYPOINT [', 'ENTRYPONT [')), [], 'the check finds what is wrong');
    assert.match(text, /^USER 10001:10001$/m);
});

test('the image has every library that the binary is linked with', () => {
    const packages = new Set(read('Dockerfile').match(/no-install-recommends ([^&]*)/)[1].split(/[\s\\]+/).filter(Boolean));
    const direct = [...run('objdump', ['-p', binary]).matchAll(/NEEDED +(\S+)/g)].map(([, name]) => name);
    const paths = [...run('ldd', [binary]).matchAll(/^\s*(\S+) => (\/\S+)/gm)].filter(([, name]) => direct.includes(name)).map(([, , path]) => path);
    assert.ok(paths.length > 10);
    const files = run('realpath', paths).trim().split('\n');
    // dpkg knows each path either without the link from /lib to /usr/lib, or with it.
    const { stdout } = spawnSync('dpkg', ['-S', ...files, ...files.map((file) => file.replace(/^\/usr/, ''))], { encoding: 'utf8' });
    const owners = new Set([...stdout.matchAll(/^([^:\s]+)(?::\w+)?: /gm)].map(([, owner]) => owner));
    assert.ok(owners.size > 10);
    for (const ofEveryDebian of ['libc6', 'libgcc-s1']) owners.delete(ofEveryDebian);
    for (const owner of owners) assert.ok(packages.has(owner), `the binary needs ${owner}, which deploy/Dockerfile does not install`);
});

test('Compose takes the file, and every node starts with what clamor understands', () => {
    run('docker-compose', ['-f', 'compose.yaml', 'config', '--quiet'], kComposeEnv);
    const { services } = documents(run('docker-compose', ['-f', 'compose.yaml', 'config'], kComposeEnv))[0];
    const nodes = Object.entries(services).filter(([name]) => /^clamor-\d$/.test(name));
    assert.equal(nodes.length, 3);
    for (const [, node] of nodes) {
        checkOptions(node.command);
        check(read('clamor.toml'), node.command);
        const drain = Number(/^drain_s = (\d+)/m.exec(read('clamor.toml'))[1]);
        assert.ok(/^(\d+)m(\d+)s$|^(\d+)s$/.test(node.stop_grace_period));
        const [, minutes, rest, seconds] = /^(?:(\d+)m(\d+)s|(\d+)s)$/.exec(node.stop_grace_period);
        assert.ok((minutes ? Number(minutes) * 60 + Number(rest) : Number(seconds)) >= drain + 30);
    }
    const volumes = nodes.map(([, node]) => JSON.stringify(node.volumes.find((volume) => JSON.stringify(volume).includes('/var/lib/clamor'))));
    assert.equal(new Set(volumes).size, 3, 'each node has a spool of its own');
    for (const name of nodes.map(([name]) => name)) {
        for (const file of ['haproxy.cfg', 'prometheus/prometheus.yml']) assert.ok(read(file).includes(`${name}:8080`), `${file} names ${name}`);
    }
});

test('Compose says what is missing without a password', () => {
    const ran = spawnSync('docker-compose', ['-f', join(deploy, 'compose.yaml'), 'config', '--quiet'], { encoding: 'utf8', env: { PATH: process.env.PATH } });
    assert.notEqual(ran.status, 0);
    assert.match(ran.stderr, /the password of PostgreSQL and Redis/);
});

test('HAProxy takes its configuration', () => {
    run('/usr/sbin/haproxy', ['-c', '-f', 'haproxy.cfg']);
});

const manifests = readdirSync(join(deploy, 'kubernetes')).filter((file) => file !== 'kustomization.yaml');
const objects = manifests.flatMap((file) => documents(read(`kubernetes/${file}`)));
const object = (kind, name = 'clamor') => objects.find((one) => one.kind === kind && one.metadata.name === name);

test("the manifests are right by the schemas of Kubernetes' API", () => {
    for (const one of objects) assert.deepEqual(faults(one), [], `${one.kind} ${one.metadata.name}`);
    const wrong = structuredClone(object('StatefulSet'));
    wrong.spec.template.spec.containers[0].imagee = 'clamor';
    assert.deepEqual(faults(wrong), ['/spec/template/spec/containers/0/imagee is unknown']);
    wrong.spec.template.spec.containers[0] = { name: 'clamor', ports: [{ containerPort: 'http' }] };
    assert.match(faults(wrong)[0], /containerPort must be integer/);
    assert.match(faults({ ...wrong, apiVersion: 'apps/v9' })[0], /Kubernetes has no apps\/v9 StatefulSet/);
    assert.deepEqual(documents(read('kubernetes/kustomization.yaml'))[0].resources.toSorted(), manifests.toSorted());
});

test('the manifests fit each other, the settings and the drain', () => {
    const settings = object('ConfigMap').data['clamor.toml'];
    assert.equal(settings, read('clamor.toml'));
    const { spec } = object('StatefulSet');
    const pod = spec.template.spec;
    const [container] = pod.containers;
    const labels = spec.template.metadata.labels;
    for (const { kind, selector } of [
        { kind: 'StatefulSet', selector: spec.selector.matchLabels }, { kind: 'PodDisruptionBudget', selector: object('PodDisruptionBudget').spec.selector.matchLabels },
        { kind: 'Service', selector: object('Service').spec.selector }, { kind: 'Service', selector: object('Service', 'clamor-nodes').spec.selector },
    ]) assert.deepEqual(selector, labels, `${kind} selects the nodes`);
    assert.ok(object('Service', spec.serviceName), 'the nodes have names');
    assert.ok(object('ServiceAccount', pod.serviceAccountName));
    assert.equal(object('HorizontalPodAutoscaler').spec.scaleTargetRef.kind, 'StatefulSet');
    assert.equal(spec.replicas, undefined, 'the number of nodes is the autoscaler\'s');
    const ports = container.ports.map(({ name }) => name);
    for (const service of ['clamor', 'clamor-nodes']) for (const { targetPort } of object('Service', service).spec.ports) assert.ok(ports.includes(targetPort));
    const before = Number(container.lifecycle.preStop.exec.command[1]);
    const drain = Number(/^drain_s = (\d+)/m.exec(settings)[1]);
    assert.ok(pod.terminationGracePeriodSeconds >= before + drain + 30);
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    assert.ok(before >= periodSeconds * failureThreshold);
    assert.equal(container.args.find((arg) => arg.startsWith('--shards=')), `--shards=${container.resources.requests.cpu}`);
    assert.ok(spec.volumeClaimTemplates.some(({ metadata }) => container.volumeMounts.some(({ name, mountPath }) => name === metadata.name && mountPath === /^data = "(.*)"$/m.exec(settings)[1])));
    checkOptions(container.args);
    // As the secrets of deploy/README.md would have them.
    const secrets = Object.fromEntries([...read('README.md').matchAll(/--from-literal=([a-z-]+)='([^']*)'/g)].map(([, key, value]) => [key, value]));
    const given = container.args.map((arg) => arg.replace(/\$\((\w+)\)/, (_, name) => secrets[container.env.find((one) => one.name === name).valueFrom.secretKeyRef.key]));
    check(settings, given);
});

test('Prometheus takes its configuration, and the alerts fire when they should', () => {
    run('promtool', ['check', 'config', 'prometheus/prometheus.yml']);
    run('promtool', ['check', 'rules', 'prometheus/alerts.yml']);
    run('promtool', ['test', 'rules', 'prometheus/alerts.test.yml']);
});

test('every alert names a row of the runbook', () => {
    const runbook = readFileSync(join(root, 'docs/operations.md'), 'utf8');
    const rows = runbook.split('## By symptom')[1].split('\n## ')[0].split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split(' | ')[0].slice(2));
    const { rules } = documents(read('prometheus/alerts.yml'))[0].groups[0];
    assert.ok(rules.length > 20);
    for (const { alert, annotations } of rules) {
        const row = annotations.runbook.replace('docs/operations.md#by-symptom: ', '');
        assert.ok(rows.includes(row), `${alert}: docs/operations.md has no row '${row}'`);
    }
});

test('what the dashboard asks, Prometheus understands', () => {
    const dashboard = JSON.parse(read('grafana/clamor.json'));
    const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')));
    assert.ok(queries.length > 20);
    const folder = mkdtempSync(join(tmpdir(), 'clamor-deploy-'));
    const file = join(folder, 'queries.json'); // JSON is YAML
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: queries.map((expr, i) => ({ record: `query_${i}`, expr })) }] }));
    run('promtool', ['check', 'rules', file]);
    rmSync(folder, { recursive: true });
});
