// SPDX-License-Identifier: Apache-2.0
// Counters in Prometheus's text format; the names are those of text-embeddings-inference.

const kSecondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const kSizeBuckets = [1, 2, 4, 8, 16, 32];

class Histogram {
    readonly #counts: number[];
    #sum = 0;
    #count = 0;
    constructor(readonly buckets: number[]) {
        this.#counts = buckets.map(() => 0);
    }
    record(value: number): void {
        this.#sum += value;
        ++this.#count;
        this.buckets.forEach((edge, index) => { if (value <= edge) ++this.#counts[index]!; });
    }
    lines(name: string): string[] {
        const edges = [...this.buckets.map(String), '+Inf'];
        return [...edges.map((edge, index) => `${name}_bucket{le="${edge}"} ${this.#counts[index] ?? this.#count}`), `${name}_sum ${this.#sum}`, `${name}_count ${this.#count}`];
    }
}

export class Metrics {
    readonly #counters = new Map<string, Map<string, number>>();
    readonly #histograms = {
        te_request_duration: new Histogram(kSecondsBuckets),
        te_request_queue_duration: new Histogram(kSecondsBuckets),
        te_request_inference_duration: new Histogram(kSecondsBuckets),
        te_batch_next_size: new Histogram(kSizeBuckets),
    };
    readonly #gauges = new Map<string, () => number>();

    constructor() {
        for (const method of ['single', 'batch']) for (const name of ['te_request_count', 'te_request_success']) this.add(name, 'method', method, 0);
        this.add('te_predict_count', '', '', 0);
        this.add('te_predict_success', '', '', 0);
    }
    add(name: string, label = '', value = '', by = 1): void {
        const labels = label && `{${label}="${value}"}`;
        const values = this.#counters.get(name) ?? new Map<string, number>();
        this.#counters.set(name, values.set(labels, (values.get(labels) ?? 0) + by));
    }
    record(name: keyof Metrics['histograms'], value: number): void {
        this.#histograms[name].record(value);
    }
    gauge(name: string, read: () => number): void {
        this.#gauges.set(name, read);
    }
    get histograms() {
        return this.#histograms;
    }
    text(): string {
        const lines: string[] = [];
        for (const [name, values] of this.#counters) lines.push(`# TYPE ${name} counter`, ...[...values].map(([labels, value]) => `${name}${labels} ${value}`));
        for (const [name, read] of this.#gauges) lines.push(`# TYPE ${name} gauge`, `${name} ${read()}`);
        for (const [name, histogram] of Object.entries(this.#histograms)) lines.push(`# TYPE ${name} histogram`, ...histogram.lines(name));
        return `${lines.join('\n')}\n`;
    }
}
