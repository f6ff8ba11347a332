"""Exact and near duplicates, and templates, among the living rows of a sheet: in shards, on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from workbench.pipeline.curation.tasks import (
    Cut,
    FactsTask,
    JudgeTask,
    SignTask,
    judge_shard,
    note_facts,
    sign,
)
from workbench.pipeline.dedupe.search import Search
from workbench.similarity.ondisk import measure_places, save_whole
from workbench.similarity.store import Store
from workbench.steps import ContractFilter
from workbench.steps.dedup import conflicts_of, first_equal
from workbench.steps.texts import best_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from workbench.pipeline.curation.sheet import Sheet
    from workbench.pipeline.dedupe import Layout
    from workbench.ports import Engine, Progress
    from workbench.similarity import Banding
    from workbench.steps import ExactDedup, NearDedup, TemplateLimit
    from workbench.steps.texts import KeeperName

_LIGHT = ("id", "source", "meta", "score")


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Where a curation works, and who does it: ``crew`` the tasks in Python, ``engine`` the compiled ones."""

    work: Path
    layout: Layout
    crew: Engine
    engine: Engine
    progress: Progress

    def folder(self, name: str) -> Path:
        """Make a folder in the work place."""
        place = self.work / name
        place.mkdir(parents=True, exist_ok=True)
        return place


@dataclass(frozen=True, kw_only=True)
class Living:
    """The living rows of a sheet at one step: ``alive`` by place; everything else follows from the texts."""

    sheet: Sheet
    alive: NDArray[np.bool_]
    shop: Workshop
    step: str

    @property
    def folder(self) -> Path:
        """The step's own folder."""
        return self.shop.folder(self.step)

    def facts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return rows and contexts, as ``FactsTask`` says, of the whole sheet."""
        place = self.shop.folder("facts")
        tasks = [FactsTask(shard=shard, out=str(place / shard.name)) for shard in self.sheet.shards]
        done = self.shop.engine.map(note_facts, tasks, stage="facts", progress=self.shop.progress)
        names = [Path(name) for name in done]
        rows, contexts = (
            pl.concat([pl.read_parquet(name / f"{kind}.parquet", glob=False) for name in names])
            for kind in ("rows", "contexts")
        )
        return rows, contexts

    def best_first(
        self,
        facts: pl.DataFrame,
        *,
        keeper: Sequence[KeeperName] = ("oldest",),
        valid: pl.Series | None = None,
    ) -> NDArray[np.int64]:
        """Return the places of the living rows, the best first; rows of one id stand by their content."""
        light = self.sheet.columns(_LIGHT).with_columns(facts["d0"], facts["d1"])
        order = best_places(light, length=facts["length"], keeper=keeper, valid=valid, ties=("d0", "d1"))
        return order[self.alive[order]]

    def judged(self, step: ContractFilter) -> pl.DataFrame:
        """Return the ledger of the living rows that break their contract."""
        alive = self.folder / "alive.npy"
        save_whole(str(alive), self.alive)
        place = self.shop.folder(f"{self.step}/judged")
        tasks = [
            JudgeTask(shard=shard, step=step, alive=str(alive), out=str(place / f"{shard.name}.parquet"))
            for shard in self.sheet.shards
        ]
        done = self.shop.crew.map(judge_shard, tasks, stage="contract", progress=self.shop.progress)
        return pl.concat([pl.read_parquet(name, glob=False) for name in done])

    def signed(
        self,
        *,
        texts: Literal["asked", "answered", "both"],
        width: int,
        ngrams: tuple[int, int],
        cuts: tuple[Cut, ...] = (),
        group: Literal["template", "task"] = "template",
        sketch: tuple[int, int] | None = None,
    ) -> Signed:
        """Hash the texts of every shard that isn't hashed yet."""
        place = self.shop.folder(f"{self.step}/sign")
        tasks = [
            SignTask(
                shard=shard,
                texts=texts,
                width=width,
                ngram=ngrams[0],
                char_ngram=ngrams[1],
                group=group,
                cuts=cuts,
                sketch=sketch,
                out=str(place / shard.name),
            )
            for shard in self.sheet.shards
        ]
        done = self.shop.engine.map(sign, tasks, stage="sign", progress=self.shop.progress)
        fields = {"asked": width, "answered": 1, "both": width + 1}[texts]
        return Signed(places=tuple(Path(name) for name in done), fields=fields, cuts=cuts)

    def search(self, signed: Signed, cut: str, near: NearDedup, banding: Banding) -> Search:
        """Return the search over one cut, in a folder of its own."""
        return Search(
            store=signed.store(cut),
            near=near,
            banding=banding,
            layout=self.shop.layout,
            engine=self.shop.engine,
            progress=self.shop.progress,
            work=self.shop.folder(f"{self.step}/{cut}"),
        )

    def whole_order(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return all places: those of ``order``, and behind them the rows that are gone."""
        return np.concatenate((order, np.flatnonzero(~self.alive)))

    def measured(self, signed: Signed, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the figures of ``measure`` for rows at places ``a`` and ``b``."""
        store = signed.store(signed.cuts[0].name if signed.cuts else "")
        return measure_places(store, a, b, held=self.shop.layout.held_shingles)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """The folders that ``SignTask`` left, in the order of the shards."""

    places: tuple[Path, ...]
    fields: int
    cuts: tuple[Cut, ...]

    def store(self, name: str) -> Store:
        """Open one cut; without a name, the sets alone."""
        compared = next((cut.compared for cut in self.cuts if cut.name == name), self.fields)
        return Store.of([place / name for place in self.places], fields=self.fields, compared=compared)

    def numbers(self) -> NDArray[np.uint64]:
        """Return the hashes of the numbers in each text, ``(rows, fields)``."""
        held = [np.load(place / "numbers.npy") for place in self.places]
        return np.concatenate(held).reshape(-1, self.fields)


def widest(facts: pl.DataFrame, alive: NDArray[np.bool_] | None = None) -> int:
    """Return how many columns ``asked`` gives of the rows, or of those alive."""
    widths = facts["width"].to_numpy()
    return max(int((widths if alive is None else widths[alive]).max(initial=0)), 1)


def shape(banding: Banding) -> tuple[int, int, int, int]:
    """Write a banding as a task holds it."""
    return banding.bands, banding.per_band, banding.max_bucket, banding.seed


def drop_equal(step: ExactDedup, living: Living) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Do ``exact_dedup`` by digests of 128 bits."""
    facts, _ = living.facts()
    order = living.best_first(facts, keeper=step.keeper)
    kept_of = first_equal(facts[order].select("d0", "d1"))
    gone = np.flatnonzero(kept_of >= 0)
    ids = living.sheet.columns(["id"])["id"]
    told = pl.DataFrame({"id": ids.gather(order[gone]), "row": order[gone]})
    return step.told(told, kept_id=ids.gather(order[kept_of[gone]])).sort("row"), {}


def drop_near(step: NearDedup, living: Living) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Do ``near_dedup``."""
    facts, _ = living.facts()
    order = living.best_first(facts, keeper=step.keeper, valid=_valid(step, living))
    most, width = widest(facts), widest(facts, living.alive)
    guard: Literal["numbers", "group"] = "numbers" if step.numbers == "same" else "group"
    cuts = [Cut(name="asked", compared=most, banding=shape(step.banding), guard=guard)]
    if step.conflicts == "keep":
        cuts.insert(0, Cut(name="both", compared=most + 1, banding=shape(step.banding), guard=guard))
    signed = living.signed(texts="both", width=most, ngrams=(step.ngram, step.char_ngram), cuts=tuple(cuts))
    every = living.whole_order(order)
    kept_of, rebanded = living.search(signed, cuts[0].name, step, step.banding).settled(
        every, among=living.alive
    )
    if step.conflicts == "keep":
        among = living.alive.copy()
        among[every[kept_of >= 0]] = False
        against, _ = living.search(signed, "asked", step, step.banding).settled(every, among=among)
    else:
        against = np.where(_same_answer(step, living, signed, every, kept_of), -1, kept_of)
    alike = np.where(against >= 0, -1, kept_of)
    fields = [*range(width), most]  # slots that no living row has are left out
    rows = _told(step, living, signed, every, alike, fields=fields)
    conflicting = _told(
        step, living, signed, every, against, fields=fields, compared=width, reason="conflict"
    )
    gone = pl.concat([rows, conflicting]) if step.conflicts == "first" else rows
    return gone.sort("row"), {"rebanded": rebanded, "conflicts": conflicts_of(conflicting)}


def limit_templates(step: TemplateLimit, living: Living) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Do ``template_limit``."""
    near = step.near
    facts, _ = living.facts()
    order = living.best_first(facts, keeper=near.keeper, valid=_valid(near, living))
    guard: Literal["numbers", "group"] = "numbers" if near.numbers == "same" else "group"
    cut = Cut(name="answered", compared=1, banding=shape(near.banding), guard=guard)
    signed = living.signed(
        texts="answered", width=1, ngrams=(near.ngram, near.char_ngram), cuts=(cut,), group="task"
    )
    every = living.whole_order(order)
    kept_of, _ = living.search(signed, "answered", near, near.banding).settled(every, among=living.alive)
    gone = step.surplus(kept_of)
    ids = living.sheet.columns(["id"])["id"]
    told = pl.DataFrame({"id": ids.gather(every[gone]), "row": every[gone]})
    figures = living.measured(signed, every[gone], every[kept_of[gone]])
    return step.told(figures, gone=told, kept_id=ids.gather(every[kept_of[gone]])), {}


def _valid(step: NearDedup, living: Living) -> pl.Series | None:
    """Tell which rows obey their contract, or ``None`` where the keeper does not ask."""
    if "contract_valid" not in step.keeper:
        return None
    broken = living.judged(ContractFilter(contracts=step.contracts))["row"].to_numpy()
    valid = np.ones(living.sheet.rows, np.bool_)
    valid[broken] = False
    return pl.Series(valid)


def _same_answer(
    step: NearDedup, living: Living, signed: Signed, every: NDArray[np.int64], kept_of: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell for each rank whether its answer is alike to that of the row kept instead."""
    ranks = np.flatnonzero(kept_of >= 0)
    gone, kept = every[ranks], every[kept_of[ranks]]
    same = living.measured(signed, gone, kept)[:, -1, 0] >= step.threshold
    if step.numbers == "same":
        numbers = signed.numbers()[:, -1]
        same &= numbers[gone] == numbers[kept]
    out = np.zeros(kept_of.size, np.bool_)
    out[ranks] = same
    return out


def _told(
    step: NearDedup,
    living: Living,
    signed: Signed,
    every: NDArray[np.int64],
    kept_of: NDArray[np.int64],
    *,
    fields: list[int],
    compared: int | None = None,
    reason: str = "near duplicate",
) -> pl.DataFrame:
    gone = np.flatnonzero(kept_of >= 0)
    ids = living.sheet.columns(["id"])["id"]
    return step.told(
        living.measured(signed, every[gone], every[kept_of[gone]])[:, fields],
        gone=pl.DataFrame({"id": ids.gather(every[gone]), "row": every[gone]}),
        kept_id=ids.gather(every[kept_of[gone]]),
        compared=compared,
        reason=reason,
    )
