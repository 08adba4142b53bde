"""What a member is told when a request can't be met: a text and nothing else, so that any room may refuse."""


class Refusal(Exception):  # noqa: N818 (nothing is wrong)
    """A request that can't be met. The message is one friendly sentence for the member, with a next step."""
