"""SQLAlchemy: an engine, a session with models, a failure; on SQLite and on PostgreSQL."""

import contextlib

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "sqlalchemy_orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    article: Mapped[str]


def main(at):
    told = []
    for url in ("sqlite://", f"postgresql+psycopg2://test@{at['postgresql']}/postgres"):
        engine = sa.create_engine(url)
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all([Order(article="lens"), Order(article="tripod")])
            session.commit()
            told.append(session.scalars(sa.select(Order.article).order_by(Order.id)).all())
        with engine.connect() as connection, contextlib.suppress(sa.exc.DBAPIError):
            connection.execute(sa.text("SELECT * FROM nowhere"))
        Base.metadata.drop_all(engine)
        engine.dispose()
    return told
