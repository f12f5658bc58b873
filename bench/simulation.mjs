import { report, reported, table } from './report.mjs';

/*
 * `npm run bench:simulation`: what so many connections would ask of the database, computed from what `npm run bench` and
 * `npm run bench:grants` measured here. BENCH_CONNECTIONS (100,000,000) sets how many.
 */

const CONNECTIONS = Number(process.env['BENCH_CONNECTIONS'] ?? 100_000_000);
const HOUR = 3_600;
const MONTH = 30 * 24 * HOUR;
/** A connection that is used refreshes once an hour: an access token lives for one. */
const DAYS = [
  { who: 'a tenth, for two hours a day', share: 0.1, hours: 2 },
  { who: 'a fifth, for eight hours a day', share: 0.2, hours: 8 },
  { who: 'all, day and night', share: 1, hours: 24 },
];
/** How much busier the busiest hour is than the day, where people sleep. */
const PEAK = 3;
/** One row for each connection and hour in which it was used, with its index; kept for ninety days. */
const HOUR_ROW_BYTES = 220;
const HOURS_KEPT_DAYS = 90;
/** What a month costs to rent, in dollars; change them to yours. */
const PRICE = { core: 25, gigabyte: 0.1 };

const [bench, grants] = [reported('bench'), reported('grants')];
if (!bench || !grants) throw new Error('run `npm run bench` and `npm run bench:grants` first');
const refresh = bench.figures.refresh['this server'];

const rows = DAYS.map(({ who, share, hours }) => {
  const day = (CONNECTIONS * share * hours) / (24 * HOUR);
  const peak = hours === 24 ? day : day * PEAK;
  const [nodeCores, databaseCores] = [refresh.server, refresh.database].map((micros) => (peak * micros) / 1e6);
  const grantsGigabytes = (CONNECTIONS * grants.bytes.total) / 1e9;
  const usageGigabytes = (CONNECTIONS * share * hours * HOURS_KEPT_DAYS * HOUR_ROW_BYTES) / 1e9;
  const walGigabytes = (day * refresh.wal * MONTH) / 1e9;
  const cost =
    (Number(nodeCores) + Number(databaseCores)) * 2 * PRICE.core +
    (grantsGigabytes + usageGigabytes) * 2 * PRICE.gigabyte;
  return [who, day, peak, nodeCores, databaseCores, grantsGigabytes, usageGigabytes, walGigabytes, cost].map((cell) =>
    typeof cell === 'number' ? cell.toLocaleString('en', { maximumFractionDigits: cell < 10 ? 1 : 0 }) : String(cell),
  );
});
report(
  'simulation',
  { connections: CONNECTIONS },
  [
    table(
      [
        'Used by',
        'refreshes/s',
        'at the peak',
        'cores for nodes',
        'cores for the database',
        'grants GB',
        'usage GB',
        'WAL GB a month',
        '$ a month',
      ],
      rows,
    ),
    `${CONNECTIONS.toLocaleString('en')} connections. Cores are what the peak uses here, at ${Math.round(refresh.server)} and ${Math.round(refresh.database)} µs a refresh; the cost is of twice as many and of a replica's storage, at $${PRICE.core} a core and $${PRICE.gigabyte} a gigabyte.`,
  ].join('\n\n'),
);
