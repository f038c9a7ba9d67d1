"""What a broker may refuse although the connection lives."""

from edge_agent.ports import BrokerError


class SubscriptionRefused(BrokerError):
    """The broker does not let us hear a topic; publishing goes on."""
