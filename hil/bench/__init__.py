"""What the agent costs, beside a bare Modbus master in the same run on the same machine."""
