"""The verbs that a decision's effects name, each a function of the store. What they mean is said where they stand."""

from __future__ import annotations

from collections.abc import Callable

from mailbot.store import bounces, digest, effects, forms, places, requests, restored, writers

VERBS: dict[str, Callable[..., None]] = {
    verb.__name__: verb
    for verb in (
        effects.stop_news, effects.restore_news, effects.give_news, effects.give_news_back, effects.change_fields,
        effects.change_address, effects.stop_person, effects.undo, effects.close_question, effects.ask_again,
        effects.hold_request, effects.supersede, effects.drop_address_questions, effects.note_other,
        effects.note_replaced, bounces.note_bounce, forms.take_form, forms.forget_form, writers.count_wrong_token,
        places.follow, places.put_back, restored.forget_writer, restored.doubt_orders, digest.take_orders,
        digest.prove_address, requests.note_answered,
    )
}  # fmt: skip
