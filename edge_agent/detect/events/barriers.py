"""E49 a technical barrier: the controller locks the lift after a number of runs. Unknown keeps what it was."""

from edge_agent.detect.look import Answer, Answers, Look
from protocols.upstream.messages import Text


def answers(look: Look) -> Answers:
    """This family's event."""
    limit = look.snapshot.run_limit.known
    return {
        "E49": Answer(
            None if limit is None else limit > 0,
            lambda: Text(
                f"控制器设有运行次数限制: {limit} 次后锁梯", f"the controller locks the lift after {limit} runs"
            ),
        )
    }
