# One image for every part; which part runs is the command (compose.yaml). No embedded servers, no compilers, no root.
FROM python:3.11-slim AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data gateway
COPY --from=packages /venv /venv
WORKDIR /gateway
COPY config ./config
COPY menus ./menus
COPY store ./store
COPY handlers ./handlers
COPY gateway ./gateway
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data HOST=0.0.0.0
USER gateway
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["web"]
