/** What the benchmark puts in place of this name when it builds a contestant. */
declare const BENCH_FACILITATOR_URL: string;
