import canonicalize from 'canonicalize';
import { defaultShots, type FewShotRule } from '../schema/contracts/agent.ts';
import type { Shot } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { indexTexts, type TextIndex } from './index-texts.ts';
import { textOf } from './text-of.ts';

/** Indexes kept; the one asked for least recently makes room. */
const maxKept = 8;

interface Shelf {
  shots: Shot[];
  /** RFC 8785 JSON of each input. */
  contents: string[];
  index: TextIndex | null;
}

/**
 * The shots of few-shot rules. The examples of a pinned dataset version and split are loaded and indexed once, for all
 * agents that ask, and never change.
 */
export class ShotLibrary {
  readonly #load: (rule: FewShotRule) => Promise<Shot[]>;
  readonly #shelves = new Map<string, Promise<Shelf>>();

  /** @param load The examples a rule chooses from, in dataset order; for `fixed` the chosen ones in their order. */
  constructor(load: (rule: FewShotRule) => Promise<Shot[]>) {
    this.#load = load;
  }

  /**
   * What is shown before `asked`, first shown first. An example with the same input or clusterKey is never among them.
   * Of equally near ones those whose id comes first.
   * @throws what `load` throws; asked again, it loads again.
   */
  async pick(rule: FewShotRule, asked: { input: Json; clusterKey?: string | undefined }): Promise<Shot[]> {
    const { shots, contents, index } = await this.#shelf(rule);
    const own = canonicalize(asked.input);
    const mayShow = (place: number) =>
      contents[place] !== own && (asked.clusterKey === undefined || shots[place]?.clusterKey !== asked.clusterKey);
    if (index === null) return shots.filter((_, place) => mayShow(place));
    const nearest = index.nearest(
      textOf(asked.input),
      rule.select === 'nearest' ? (rule.k ?? defaultShots) : 0,
      mayShow,
    );
    // Models heed most what they read last.
    return nearest.reverse().map((place) => shots[place] as Shot);
  }

  #shelf(rule: FewShotRule): Promise<Shelf> {
    const key = JSON.stringify([
      rule.versionId,
      rule.split,
      rule.select,
      rule.select === 'fixed' && [rule.k, rule.ids],
    ]);
    const found = this.#shelves.get(key);
    const shelf = found ?? this.#fill(rule);
    this.#shelves.delete(key);
    this.#shelves.set(key, shelf);
    if (found === undefined) shelf.catch(() => this.#shelves.delete(key));
    const [oldest] = this.#shelves.keys();
    if (this.#shelves.size > maxKept && oldest !== undefined) this.#shelves.delete(oldest);
    return shelf;
  }

  async #fill(rule: FewShotRule): Promise<Shelf> {
    const shots = await this.#load(rule);
    if (rule.select === 'nearest') shots.sort((one, other) => (one.id < other.id ? -1 : 1));
    return {
      shots,
      contents: shots.map(({ input }) => canonicalize(input) ?? ''),
      index: rule.select === 'nearest' ? await indexTexts(shots.map(({ input }) => textOf(input))) : null,
    };
  }
}
