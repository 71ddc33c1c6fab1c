/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shapes that the dashboard works with. Those of the wire are docs/control.md's; the rest is the dashboard's own.
 */

/* ---- as the control interface sends them ---- */

export interface Component {
    name: string;
    id: number;
    domain: number;
    memory: { used: number; budget: number };
    faults: number;
    state: string;
    reboots: number;
    reason?: string;
    /** who made it, if it is not of the manifest */
    parent?: string;
}

export interface WireEdge {
    client: string;
    server: string;
    invocations: number;
    gated: number;
    crossing: boolean;
}

export interface Graph {
    policy: { mode: string };
    components: Component[];
    domains: { domain: number; components: string[] }[];
    edges: WireEdge[];
}

export interface Tick {
    uptime_ms: number;
    window_ms: number;
    requests: { total: number; window: number };
    domains: number;
    invocations: number;
    crossings: number;
    crossings_per_request: number | null;
    share_ppm: number;
    busy_ppm: number;
    mode: string;
    budget_percent: number;
    merges: number;
    splits: number;
    viewers: number;
    /** [index in the last graph's edges, invocations, gated] */
    edges: [number, number, number][];
}

export interface Decision {
    number: number;
    action: string;
    reason: string;
    rule?: string;
    trade?: number;
    stayed: string[];
    joined?: string[];
    left?: string[];
    invocations: number;
    expected_percent: number;
    actual_percent: number | null;
}

export interface Report {
    number: number;
    uptime_ms: number;
    component: string;
    thread: string | number | null;
    function: string | null;
    place: string | null;
    owner: string | null;
    tried: string | null;
    allowed: string | null;
    caller: string | null;
    outcome: string | null;
    components: string[];
    text: string;
}

export interface History {
    columns: string[];
    windows: number[][];
}

export interface Rule {
    name: string;
    kind: string;
    rule: string;
    left: string[];
    right: string[];
}

export interface Policy {
    mode: string;
    budget_percent: number;
    threshold: number | null;
    modes: string[];
    policy: string;
    policy_reason: string | null;
    crossing_cost: { cycles: number; measured: number; by_hand: boolean };
}

/* ---- the dashboard's own ---- */

export interface Edge {
    client: string;
    server: string;
    /** invocations and those of them that went through a gate, since boot */
    total: number;
    totalGated: number;
    /** the same in the last window */
    window: number;
    windowGated: number;
    crossing: boolean;
}

export interface Room {
    domain: number;
    members: string[];
}

/** One point of the charts. */
export interface Sample {
    uptime: number;
    throughput: number;
    domains: number;
    perRequest: number | null;
    share: number;
}

export type Connection = 'connecting' | 'live' | 'lost' | 'refused';

export interface State {
    connection: Connection;
    /** Why the connection is refused, else ''. */
    reason: string;
    components: Component[];
    rooms: Room[];
    edges: Edge[];
    mode: string;
    tick: Tick | null;
    samples: Sample[];
    decisions: Decision[];
    reports: Report[];
    rules: Rule[];
    policy: Policy | null;
    /** which run of the manager the numbers of decisions and reports belong to */
    epoch: string;
}

export type Message =
    | { type: 'connection'; connection: Connection; reason?: string }
    | { type: 'graph'; graph: Graph }
    | { type: 'tick'; tick: Tick }
    | { type: 'history'; history: History }
    | { type: 'decisions'; decisions: Decision[]; epoch?: string }
    | { type: 'reports'; reports: Report[]; epoch?: string }
    | { type: 'rules'; rules: Rule[] }
    | { type: 'policy'; policy: Policy };

export interface Point {
    x: number;
    y: number;
}

export interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
}

/** Where everything is: components by their centres, rooms by their boxes (x, y: the centre, too). */
export interface Arrangement {
    places: Map<string, Point>;
    rooms: Map<number, Box>;
}

/** What a person holds or points at. */
export type Thing = { kind: 'component'; name: string } | { kind: 'room'; domain: number } | { kind: 'ground' };

/** What dropping something somewhere means: a request, and a sentence for it; or why it means nothing. */
export interface Intent {
    verb: 'merge' | 'move' | 'split' | null;
    body: Record<string, string> | null;
    sentence: string;
    /** the rule that forbids it, as far as the dashboard can tell beforehand */
    rule: string | null;
}

export type Selection = { kind: 'component'; name: string } | { kind: 'room'; member: string } | { kind: 'edge'; client: string; server: string } | null;
