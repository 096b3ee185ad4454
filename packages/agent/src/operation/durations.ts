/**
 * How long things took, counted in buckets as Prometheus reads them. A count is two additions; `prom-client` keeps no
 * histogram, so that an agent whose metrics nobody reads needs no memory for it.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#histograms-and-summaries
 * @module
 */

/** Seconds. A cached token takes a millisecond, one from upstream a round trip, and a request is given up after ten. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Series {
  /** One for each bucket, and one for what is longer. */
  counts: number[]
  seconds: number
}

/** Values of labels by their names, in the order of the page; there must be few of each. */
export type Labels = Readonly<Record<string, string>>

/** The durations of one metric. */
export class Durations {
  readonly #series = new Map<string, Series>()
  /** The last one: most durations are those of one series, and to write its labels costs more than to count. */
  #last: { labels: Labels; series: Series } | undefined

  observe(labels: Labels, seconds: number): void {
    const series =
      this.#last && isSame(this.#last.labels, labels) ? this.#last.series : this.#seriesOf(labels)
    this.#last = { labels, series }
    const index = BUCKETS.findIndex((most) => seconds <= most)
    const at = index === -1 ? BUCKETS.length : index
    series.counts[at] = (series.counts[at] ?? 0) + 1
    series.seconds += seconds
  }

  #seriesOf(labels: Labels): Series {
    const key = labelsText(labels)
    const series = this.#series.get(key) ?? { counts: Array(BUCKETS.length + 1).fill(0), seconds: 0 }
    this.#series.set(key, series)
    return series
  }

  /** The lines of the metric `name`. */
  page(name: string, help: string): string[] {
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} histogram`,
      ...[...this.#series].flatMap(([labels, series]) => linesOf(name, labels, series)),
    ]
  }
}

function isSame(one: Labels, other: Labels): boolean {
  for (const name in other) if (one[name] !== other[name]) return false
  return true
}

/** As in a line of the page. */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')
}

/** Each bucket holds those before it as well. */
function linesOf(name: string, labels: string, { counts, seconds }: Series): string[] {
  let count = 0
  const buckets = counts.map((own, index) => {
    count += own
    return `${name}_bucket{${labels},le="${BUCKETS[index] ?? '+Inf'}"} ${count}`
  })
  return [...buckets, `${name}_sum{${labels}} ${seconds}`, `${name}_count{${labels}} ${count}`]
}
