"""The Node, played against any creditor institution's endpoint: asked, judged, paid, replayed."""
